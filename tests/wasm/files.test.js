import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, test } from 'node:test';
import { deflateSync } from 'node:zlib';
import { CaseSet, definitions, initSync } from '../../pkg/desk/groundglass_desk.js';

const at = (path) => new URL(`../../${path}`, import.meta.url);
const golden = (path) => readFileSync(at(`tests/reference/formats/${path}`));
const bytes = (content) => new TextEncoder().encode(JSON.stringify(content));
const options = { score_threshold: 0.5, iou_threshold: 0.5, region: 'mask' };
let memory;

before(() => {
  memory = initSync({ module: readFileSync(at('pkg/desk/groundglass_desk_bg.wasm')) }).memory;
});

/** FNV-1a, as in the phantoms' own tests. */
function fingerprint(samples) {
  let hash = 0xcbf29ce484222325n;
  for (const sample of samples) hash = BigInt.asUintN(64, (hash ^ BigInt(sample)) * 0x100000001b3n);
  return hash;
}

/** A PNG whose header says that it is this large and whose data are a few bytes. */
function pngOfSize(width, height) {
  const chunk = (kind, data) => {
    const buffer = Buffer.alloc(12 + data.length);
    buffer.writeUInt32BE(data.length);
    buffer.write(kind, 4, 'latin1');
    Buffer.from(data).copy(buffer, 8);
    return buffer;
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width);
  header.writeUInt32BE(height, 4);
  header[8] = 8;
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.alloc(9))),
    chunk('IEND', []),
  ]);
}

const COCO = {
  images: [{ id: 4, file_name: 'grey8.png', width: 23, height: 17 }],
  categories: [{ id: 2, name: 'cell' }],
  annotations: [
    { id: 1, image_id: 4, category_id: 2, bbox: [2, 2, 6, 5], segmentation: [[2, 2, 8, 2, 8, 7, 2, 7]] },
    { id: 2, image_id: 4, category_id: 2, bbox: [90, 2, 5, 5] },
  ],
};

test('phantoms are the same bit for bit as outside of WebAssembly', () => {
  const of = (kind) => fingerprint(new CaseSet().add_phantom({ kind, seed: 7 }).samples());
  assert.equal(of('shape'), 2295564188544190746n);
  assert.equal(of('pattern'), 2295564188544190746n);
  assert.equal(of('size'), 13424317428017088151n);
});

test('images have the samples of their writers', () => {
  const listing = JSON.parse(golden('images/images.json'));
  const set = new CaseSet();
  for (const [name, { width, height, channels, bits }] of Object.entries(listing)) {
    const image = set.add_image(name, golden(`images/${name}`));
    assert.deepEqual(
      [image.width, image.height, image.channels, image.bits],
      [width, height, channels, bits],
      name,
    );
    assert.equal(image.rgba().length, width * height * 4, name);
    if (name.endsWith('.jpg')) continue;
    const samples = image.samples();
    assert.deepEqual(
      Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength),
      golden(`images/${name}.raw`),
      name,
    );
  }
});

test('a set is planned, read and evaluated, and what is wrong with a part of it comes back', () => {
  const set = new CaseSet();
  const plan = set.plan([
    'set/grey8.png',
    'set/truth.json',
    'set/notes.docx',
    'set/rgb8.png',
    'set/rgb8_mask.png',
  ]);
  assert.deepEqual(plan.images, ['set/grey8.png', 'set/rgb8.png']);
  assert.deepEqual(plan.annotations, ['set/truth.json']);
  assert.deepEqual(plan.label_maps, [{ path: 'set/rgb8_mask.png', image: 'set/rgb8.png' }]);
  assert.deepEqual(
    plan.problems.map(({ file }) => file),
    ['set/notes.docx'],
  );

  const [problem, ...others] = set.add_annotations('set/truth.json', bytes(COCO), {});
  assert.deepEqual(others, []);
  assert.equal(
    problem.message,
    'set/truth.json: annotations[1] (id 2) is left out: its box [90, 2, 5, 5] lies outside "grey8.png" of 23 x 17 pixels',
  );
  set.add_image('set/grey8.png', golden('images/grey8.png'));
  set.add_image('set/rgb8.png', golden('images/rgb8.png'));
  assert.deepEqual(
    set.add_label_map('set/rgb8.png', 'set/rgb8_mask.png', golden('label_maps/labels16.png')),
    [],
  );
  const { sentence, problems } = set.understood([]);
  assert.deepEqual(problems, []);
  assert.equal(sentence, '2 images, 1 COCO annotations file, 1 label map, 2 classes, 1 reader');
  assert.deepEqual(set.cases(), [
    { name: 'set/grey8.png', width: 23, height: 17, truths: 1, findings: null },
    { name: 'set/rgb8.png', width: 23, height: 17, truths: 4, findings: null },
  ]);

  const [{ region }] = set.truth('set/grey8.png').regions;
  set.set_findings('set/grey8.png', [{ label: 'cell', score: 0.9, region }]);
  set.set_findings('set/rgb8.png', []);
  const { counts, cases } = set.evaluate(options);
  assert.deepEqual(counts, { true_positives: 1, false_positives: 0, false_negatives: 4 });
  assert.deepEqual(
    cases.map(({ f1 }) => f1),
    [{ value: 1 }, { value: 0 }],
  );
  assert.deepEqual(set.view('set/rgb8.png', options).truths[0], {
    index: 0,
    status: 'missed',
    finding: null,
  });

  const [result] = JSON.parse(set.predictions_json());
  assert.deepEqual([result.image_id, result.category_id, result.file_name], [4, 2, 'set/grey8.png']);
  assert.deepEqual(result.segmentation.size, [17, 23]);
  const { data } = JSON.parse(set.report_json(options, {}));
  assert.deepEqual(Object.keys(data).sort(), [
    'set/grey8.png',
    'set/rgb8.png',
    'set/rgb8_mask.png',
    'set/truth.json',
  ]);
});

test('truth that comes after findings leaves them be', () => {
  const set = new CaseSet();
  set.add_image('grey8.png', golden('images/grey8.png'));
  set.set_findings('grey8.png', []);
  assert.equal(set.truth('grey8.png'), undefined);
  set.add_annotations('truth.json', bytes(COCO), {});
  assert.deepEqual(set.cases()[0], { name: 'grey8.png', width: 23, height: 17, truths: 1, findings: 0 });
});

test('an image of 20,000 x 20,000 is refused without taking memory for it', () => {
  const set = new CaseSet();
  const size = memory.buffer.byteLength;
  assert.throws(() => set.add_image('huge.png', pngOfSize(20_000, 20_000)), {
    kind: 'too_large',
    file: 'huge.png',
    message: 'huge.png has 20000 x 20000 pixels (400 megapixels), more than the limit of 100 megapixels',
  });
  assert.ok(memory.buffer.byteLength - size < 1 << 20);
});

test('what is thrown says kind, file, place and message', () => {
  const set = new CaseSet();
  const cut = golden('images/rgb8.png').subarray(0, 100);
  assert.throws(() => set.add_image('cut.png', cut), {
    name: 'GroundglassError',
    kind: 'truncated',
    file: 'cut.png',
    place: 'byte 100',
    message: 'cut.png is cut short: the PNG data end at byte 100, before the image is complete',
  });
  assert.throws(() => set.add_phantom({ width: 0 }), { kind: 'phantom' });
  assert.throws(() => set.add_phantom({ kind: 'square' }), { kind: 'argument', message: /square/ });
  assert.throws(() => set.evaluate({ ...options, iou_threshold: 2 }), { kind: 'metrics' });
  assert.throws(() => set.set_findings('nobody.png', []), { kind: 'metrics', message: /nobody\.png/ });
});

test('every metric that is reported is defined', () => {
  const set = new CaseSet();
  const { name } = set.add_phantom({ seed: 1 });
  set.set_findings(name, []);
  const defined = definitions().map(({ id }) => id);
  assert.ok(set.evaluate(options).values.every(({ id }) => defined.includes(id)));
});
