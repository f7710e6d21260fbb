/** The page's module on the set that the native programs evaluate. */
import init, { EvaluationCases, EvaluationFiles } from '/pkg/evaluation/groundglass_evaluation.js';

const REQUEST = { convention: 'coco', bootstrap: 0 };
const NAMES = ['truths.json', 'findings.json'];
const ready = Promise.all([
  init(),
  ...NAMES.map(async (name) => new Uint8Array(await (await fetch(`/set/${name}`)).arrayBuffer())),
]);

/** The cases as the page holds them. */
function opened(truth, found) {
  const names = new Map(truth.categories.map(({ id, name }) => [id, name]));
  const region = ([x, y, width, height]) => ({
    bounding_box: { x_min: x, y_min: y, x_max: x + width, y_max: y + height },
  });
  const cases = new Map(truth.images.map((image) => [image.id, { image, regions: [], findings: [] }]));
  for (const { image_id, category_id, bbox, area, iscrowd } of truth.annotations) {
    const label = names.get(category_id);
    cases.get(image_id).regions.push({ label, region: region(bbox), crowd: iscrowd === 1, area });
  }
  for (const { image_id, category_id, bbox, score } of found) {
    cases.get(image_id).findings.push({ label: names.get(category_id), score, region: region(bbox) });
  }
  const set = new EvaluationCases();
  for (const { image, regions, findings } of cases.values()) {
    const { file_name: name, width, height } = image;
    set.add({ name, width, height, truth: { regions }, attributes: {} }, findings);
  }
  return set;
}

/** From the bytes of both files to the report. */
function files([truths, findings]) {
  const all = new EvaluationFiles();
  all.add_truth(NAMES[0], truths);
  all.add_predictions(0, NAMES[1], findings);
  const { json } = all.evaluating(REQUEST).finish();
  all.free();
  return json;
}

function timed(work) {
  const start = performance.now();
  const json = work();
  const milliseconds = performance.now() - start;
  const ap = JSON.parse(json).values.find(({ id, class: of }) => id === 'ap' && of === undefined).value;
  return { milliseconds, ap };
}

globalThis.onmessage = async ({ data: part }) => {
  const [, ...bytes] = await ready;
  if (part === 'files') {
    globalThis.postMessage(timed(() => files(bytes)));
    return;
  }
  const set = opened(...bytes.map((all) => JSON.parse(new TextDecoder().decode(all))));
  const context = { model: null, device: null, problems: [] };
  globalThis.postMessage(timed(() => set.evaluating('box', REQUEST, context, {}).finish().json));
  set.free();
};
