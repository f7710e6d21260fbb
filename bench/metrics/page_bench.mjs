// Times the evaluation of COCO-sized boxes by the native command and by the page's WebAssembly module, in turn.
//
//     cargo build --release -p groundglass-metrics --example bench_boxes
//     cargo build --release -p groundglass-cli
//     cargo xtask pkg
//     node bench/metrics/page_bench.mjs target/release/groundglass target/release/examples/bench_boxes pkg [rounds]
//
// The module runs in Node, whose engine is Chromium's. Prints one JSON object: median seconds of wall clock and of
// processor time. `files` is everything from the bytes of both files to the report (reading JSON, hashes, pairing,
// COCO's numbers); `evaluation` begins with cases in memory. The module does more in the latter than the program: it
// also counts pairs and writes notes and the report.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [command, program, pkg, rounds = '7'] = process.argv.slice(2);
const at = (name) => join(resolve(pkg), 'evaluation', name);
const { EvaluationCases, EvaluationFiles, initSync } = await import(
  pathToFileURL(at('groundglass_evaluation.js')).href
);
initSync({ module: readFileSync(at('groundglass_evaluation_bg.wasm')) });

const median = (numbers) => numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
const request = { convention: 'coco', bootstrap: 0 };

/** Wall clock and processor time of this process, in seconds. */
function timed(work) {
  const before = [performance.now(), process.cpuUsage()];
  const result = work();
  const used = process.cpuUsage(before[1]);
  return { result, wall: (performance.now() - before[0]) / 1e3, cpu: (used.user + used.system) / 1e6 };
}

/** The same of another program; its processor time to 10 ms. */
function run(words) {
  const before = performance.now();
  const { status, stdout, stderr } = spawnSync('/usr/bin/time', ['-f', '%U %S', ...words], {
    maxBuffer: 1 << 28,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  const [user, system] = stderr.trim().split('\n').pop().split(' ').map(Number);
  return { result: stdout, wall: (performance.now() - before) / 1e3, cpu: user + system };
}

const folder = mkdtempSync(join(tmpdir(), 'boxes-'));
run([program, 'write', folder]);
const [truths, findings] = ['truths.json', 'findings.json'].map((name) => join(folder, name));
const bytes = [truths, findings].map((path) => readFileSync(path));
const coco = bytes.map((all) => JSON.parse(all.toString()));

/** The cases as the page holds them. */
function opened() {
  const [truth, found] = coco;
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

const native = { files: [], evaluation: [] };
const page = { files: [], evaluation: [] };
const number = (json) =>
  JSON.parse(json).values.find(({ id, class: of }) => id === 'ap' && of === undefined).value;
let agrees = true;
for (let round = 0; round < Number(rounds); round += 1) {
  const sides = ['--truth', truths, '--predictions', findings];
  native.files.push(
    run([command, 'evaluate', ...sides, '--convention', 'coco', '--bootstrap', '0', '--json']),
  );
  page.files.push(
    timed(() => {
      const all = new EvaluationFiles();
      all.add_truth('truths.json', bytes[0]);
      all.add_predictions(0, 'findings.json', bytes[1]);
      const { json } = all.evaluating(request).finish();
      all.free();
      return json;
    }),
  );
  agrees &&= number(native.files.at(-1).result) === number(page.files.at(-1).result);
  const boxes = JSON.parse(run([program, '1', '0']).result);
  native.evaluation.push({ wall: boxes.evaluation_ms / 1e3 });
  const set = opened();
  const context = { model: null, device: null, problems: [] };
  page.evaluation.push(timed(() => set.evaluating('box', request, context, {}).finish().json));
  agrees &&= boxes.values.ap === number(page.evaluation.at(-1).result);
  set.free();
}
rmSync(folder, { recursive: true });

const medians = (runs, what) => median(runs.map((one) => one[what]));
const report = { rounds: Number(rounds), same_ap: agrees };
for (const part of ['files', 'evaluation']) {
  for (const clock of part === 'files' ? ['wall', 'cpu'] : ['wall']) {
    const [ours, theirs] = [medians(native[part], clock), medians(page[part], clock)];
    report[`${part}_${clock}`] = { native: ours, page: theirs, ratio: Number((theirs / ours).toFixed(2)) };
  }
}
report.evaluation_cpu = { page: medians(page.evaluation, 'cpu') };
console.log(JSON.stringify(report));
