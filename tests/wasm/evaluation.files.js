/** A small COCO set with two models and a table of attributes; whole numbers only, so that every engine writes the same. */

/** The minimal standard generator of Park and Miller, from 1 to 2147483646. */
function draws(seed) {
  let state = seed;
  return (below) => {
    state = (state * 48271) % 2147483647;
    return state % below;
  };
}

const CASES = 18;
const name = (index) => `case${index}.png`;

function annotations() {
  const draw = draws(11);
  const all = [];
  for (let image = 1; image <= CASES; image += 1) {
    for (let count = draw(4); count > 0; count -= 1) {
      const bbox = [draw(150), draw(150), 8 + draw(40), 8 + draw(40)];
      all.push({ id: all.length + 1, image_id: image, category_id: 1 + draw(2), bbox });
    }
  }
  return all;
}

export function truth() {
  const images = Array.from({ length: CASES }, (_, index) => ({
    id: index + 1,
    file_name: name(index + 1),
    width: 200,
    height: 200,
  }));
  const categories = [
    { id: 1, name: 'nodule' },
    { id: 2, name: 'mass' },
  ];
  return JSON.stringify({ images, annotations: annotations(), categories });
}

/** Findings near most truths, and some that are false; the second model is less exact. */
export function predictions(model) {
  const draw = draws(100 + model);
  const shift = 2 + 3 * model;
  const found = annotations().flatMap(({ image_id, category_id, bbox: [x, y, width, height] }) =>
    draw(6) === 0
      ? []
      : [
          {
            image_id,
            category_id,
            bbox: [x + draw(shift), y + draw(shift), width, height],
            score: draw(100) / 100,
          },
        ],
  );
  for (let image = 1; image <= CASES; image += 2) {
    found.push({
      image_id: image,
      category_id: 1 + draw(2),
      bbox: [draw(150), draw(150), 20, 20],
      score: draw(70) / 100,
    });
  }
  return JSON.stringify(found);
}

export function attributes() {
  const rows = Array.from(
    { length: CASES },
    (_, index) => `${name(index + 1)},p${index >> 1},${'AB'[index % 2]}`,
  );
  return ['case,patient,site', ...rows, ''].join('\n');
}
