import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, test } from 'node:test';
import { CaseSet, initSync as initDesk } from '../../pkg/desk/groundglass_desk.js';
import { EvaluationCases, EvaluationFiles, initSync } from '../../pkg/evaluation/groundglass_evaluation.js';
import { attributes, predictions, truth } from './evaluation.files.js';

const at = (path) => new URL(`../../${path}`, import.meta.url);
const bytes = (text) => new TextEncoder().encode(text);
const request = { bootstrap: 50, seed: 7, group: 'site' };

before(() => {
  initDesk({ module: readFileSync(at('pkg/desk/groundglass_desk_bg.wasm')) });
  initSync({ module: readFileSync(at('pkg/evaluation/groundglass_evaluation_bg.wasm')) });
});

function files(models = 1) {
  const all = new EvaluationFiles();
  all.add_truth('truth.json', bytes(truth()));
  for (let model = 0; model < models; model += 1) {
    all.add_predictions(model, `model${model}.json`, bytes(predictions(model)));
  }
  all.set_attributes('attributes.csv', bytes(attributes()));
  return all;
}

/** Value and interval of every line that is not of a group, as text. */
const lines = ({ values }) =>
  values
    .filter(({ group }) => group === undefined)
    .map((line) =>
      [
        line.convention.name,
        line.id,
        line.class ?? '',
        line.value ?? line.undefined,
        ...(line.interval ?? []),
      ].join(' '),
    );

test('values and intervals are bit for bit those of the native command', () => {
  // Made with: groundglass evaluate --truth truth.json --predictions model0.json --attributes attributes.csv
  // --bootstrap 50 --seed 7 --group site --json
  const golden = readFileSync(new URL('evaluation.golden.txt', import.meta.url), 'utf8')
    .trimEnd()
    .split('\n');
  const outcome = files().evaluating(request).finish();
  assert.deepEqual(lines(JSON.parse(outcome.json)), golden);
});

test('steps of any size lead to the same bytes, and say how far they are', () => {
  const whole = files(2).evaluating(request).finish();
  const evaluating = files(2).evaluating(request);
  const seen = [];
  for (let count = 1; ; count += 3) {
    const { done, total } = evaluating.advance(count);
    seen.push(done);
    if (done >= total) break;
  }
  assert.deepEqual(
    seen,
    [...seen].sort((a, b) => a - b),
  );
  const stepped = evaluating.finish();
  assert.equal(stepped.json, whole.json);
  assert.equal(stepped.csv, whole.csv);
  assert.equal(stepped.html, whole.html);
  assert.notEqual(
    files(2)
      .evaluating({ ...request, seed: 8 })
      .finish().json,
    whole.json,
  );
});

test('an outcome has its curves, its cases, its groups and the comparison', () => {
  const { report, exhibits, cases, attributes: names } = files(2).evaluating(request).finish();
  assert.equal(report.task, 'boxes');
  assert.equal(report.cases, cases.length);
  assert.deepEqual(names, ['patient', 'site']);
  assert.ok(report.groups.length > 0);
  assert.ok(report.comparison.lines.some(({ id }) => id === 'ap50'));
  assert.ok(exhibits.some(({ kind, points }) => kind === 'curve' && points.length > 2));
});

test('what cannot be read is told with the name of its file', () => {
  const broken = files();
  broken.add_predictions(1, 'broken.json', bytes('[{'));
  assert.throws(() => broken.evaluating(request), { name: 'GroundglassError', message: /broken\.json/ });
  assert.throws(() => new EvaluationFiles().evaluating({}), { name: 'GroundglassError' });
  assert.throws(() => files().evaluating({ convention: 'nobody' }), { message: /nobody/ });
});

test('an open set is evaluated like files, and of one case there is no interval', () => {
  const set = new CaseSet();
  const { name } = set.add_phantom({ kind: 'size', seed: 3, count: [4, 4] });
  const found = set.truth(name).regions.map(({ label, region }) => ({ label, region, score: 0.9 }));
  set.set_findings(name, found);
  const open = new EvaluationCases();
  for (const { case: of, findings } of set.evaluation_cases()) open.add(of, findings);
  const { report, cases } = open.evaluating('mask', { bootstrap: 20 }, {}, set.data()).finish();
  assert.equal(Object.keys(report.data).length, 1);
  assert.deepEqual(cases, [name]);
  const f1 = report.values.find(({ id }) => id === 'f1');
  assert.equal(f1.value, 1);
  assert.equal(f1.interval, undefined);
});
