import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { before, test } from 'node:test';
import { CaseSet, initSync, version } from '../../pkg/desk/groundglass_desk.js';

const at = (path) => new URL(`../../${path}`, import.meta.url);
const options = { score_threshold: 0.5, iou_threshold: 0.5, region: 'mask' };
const bytes = (text) => new TextEncoder().encode(text);
const overall = (evaluation, id) =>
  evaluation.values.find((value) => value.id === id && value.class === undefined);

before(() => initSync({ module: readFileSync(at('pkg/desk/groundglass_desk_bg.wasm')) }));

/** A set with one phantom, and findings that are its truth, each with a score of its own. */
function perfect() {
  const set = new CaseSet();
  const image = set.add_phantom({ kind: 'size', seed: 3, count: [4, 4] });
  const findings = set
    .truth(image.name)
    .regions.map(({ label, region }, index) => ({ label, region, score: 0.95 - index / 100 }));
  set.set_findings(image.name, findings);
  return { set, image, findings };
}

test('the module has the version of its package', () => {
  assert.equal(version(), JSON.parse(readFileSync(at('pkg/package.json'), 'utf8')).version);
});

test('the same seed gives the same phantom, another seed another', () => {
  const make = (seed) => new CaseSet().add_phantom({ kind: 'pattern', seed });
  assert.equal(make(7).sha256, make(7).sha256);
  assert.notEqual(make(7).sha256, make(8).sha256);
  const image = make(7);
  assert.equal(image.rgba().length, image.width * image.height * 4);
  assert.equal(image.samples().length, image.width * image.height * image.channels);
});

test('findings that are the truth are all found, and a threshold above them loses all', () => {
  const { set, image } = perfect();
  const found = set.evaluate(options);
  assert.deepEqual(found.counts, { true_positives: 4, false_positives: 0, false_negatives: 0 });
  assert.equal(overall(found, 'f1').value, 1);
  assert.equal(overall(found, 'ap50').value, 1);
  const lost = set.evaluate({ ...options, score_threshold: 0.99 });
  assert.deepEqual(lost.counts, { true_positives: 0, false_positives: 0, false_negatives: 4 });
  const view = set.view(image.name, { ...options, score_threshold: 0.925 });
  assert.deepEqual(view.findings.map(({ status }) => status).sort(), [
    'below_threshold',
    'true_positive',
    'true_positive',
    'true_positive',
  ]);
  assert.equal(view.truths.filter(({ status }) => status === 'missed').length, 1);
});

test('predictions are COCO results that mean the same findings, in one go and in steps', async () => {
  const { set, findings } = perfect();
  const json = set.predictions_json();
  const results = JSON.parse(json);
  const writing = set.predictions();
  set.clear_findings();
  while (writing.advance());
  assert.deepEqual([writing.done, writing.total], [1, 1]);
  assert.equal(await writing.finish().text(), json);
  assert.equal(results.length, findings.length);
  for (const result of results) {
    const [, , width, height] = result.bbox;
    assert.ok(width > 0 && height > 0);
    assert.ok(result.segmentation.size.every((side) => side > 0));
    assert.ok(findings.some(({ score }) => Math.abs(score - result.score) < 1e-9));
  }
});

test('a report names its conventions and data, and is the same for the same input', () => {
  const report = () => perfect().set.report_json(options, { problems: ['one line'] });
  assert.equal(report(), report());
  const { schema, values, data, problems } = JSON.parse(report());
  assert.match(schema, /^groundglass\.report\//);
  assert.ok(values.length > 0 && values.every(({ convention }) => convention.words.length > 0));
  assert.match(Object.values(data)[0], /^[0-9a-f]{64}$/);
  assert.ok(problems.includes('one line'));
});

test('each bad file throws one sentence that names it, and the set goes on', () => {
  const set = new CaseSet();
  const faults = [
    ['empty.png', () => set.add_image('empty.png', new Uint8Array())],
    ['text.tif', () => set.add_image('text.tif', bytes('not an image'))],
    ['half.json', () => set.add_annotations('half.json', bytes('{"images": ['), {})],
    ['other.json', () => set.add_annotations('other.json', bytes('{"a": 1}'), {})],
  ];
  for (const [file, add] of faults) {
    assert.throws(add, (error) => {
      assert.ok(error instanceof Error);
      assert.equal(error.file, file);
      assert.equal(typeof error.kind, 'string');
      assert.notEqual(error.kind, 'panic');
      assert.ok(error.message.includes(file), error.message);
      return true;
    });
  }
  assert.equal(set.cases().length, 0);
  set.add_phantom({ seed: 1 });
  assert.equal(set.cases().length, 1);
});

const sample = at('www/public/samples/nuclei/image.tif');
test('the bundled image and its label map are read', {
  skip: !existsSync(sample) && 'no sample image',
}, () => {
  const set = new CaseSet();
  const image = set.add_image('image.tif', readFileSync(sample));
  assert.deepEqual([image.width, image.height, image.channels, image.bits], [512, 512, 1, 16]);
  assert.ok(image.samples() instanceof Uint16Array);
  const labels = readFileSync(at('www/public/samples/nuclei/labels.tif'));
  assert.deepEqual(set.add_label_map('image.tif', 'labels.tif', labels), []);
  assert.equal(set.truth('image.tif').regions.length, 125);
});
