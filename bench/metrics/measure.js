/**
 * Times the evaluation of COCO-sized boxes by the native programs and by the page's module in Chromium, in turn:
 *
 *     node bench/metrics/measure.js '{"program": "bench_boxes", "command": "groundglass", "rounds": 7}'
 *
 * prints JSON with medians of wall clock in milliseconds. `cargo xtask bench evaluation` builds both programs and the
 * module and runs this. `files` is everything from the bytes of both files to the report (reading JSON, hashes, pairing,
 * COCO's numbers; natively the start of a process, too), and left out where no command is given; `evaluation` begins with
 * cases in memory. The module does more in the latter than the program: it also counts pairs and writes notes and the
 * report.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inChromium, median, rounded } from '../chromium.js';

const here = dirname(fileURLToPath(import.meta.url));
const options = { rounds: 7, pkg: join(here, '../../pkg'), ...JSON.parse(process.argv[2] ?? '{}') };

function run([program, ...words]) {
  const before = performance.now();
  const { status, stdout, stderr } = spawnSync(program, words, { maxBuffer: 1 << 28, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr || `${program} cannot be run`);
  return { result: stdout, milliseconds: performance.now() - before };
}

const folder = mkdtempSync(join(tmpdir(), 'boxes-'));
const sides = ['--truth', join(folder, 'truths.json'), '--predictions', join(folder, 'findings.json')];

/** What the native programs need, and the average precision that they find. */
const NATIVE = {
  files() {
    const words = ['evaluate', ...sides, '--convention', 'coco', '--bootstrap', '0', '--json'];
    const { result, milliseconds } = run([options.command, ...words]);
    const line = JSON.parse(result).values.find(({ id, class: of }) => id === 'ap' && of === undefined);
    return { milliseconds, ap: line.value };
  },
  evaluation() {
    const { evaluation_ms, values } = JSON.parse(run([options.program, '1', '0']).result);
    return { milliseconds: evaluation_ms, ap: values.ap };
  },
};

const parts = options.command ? ['files', 'evaluation'] : ['evaluation'];
const places = [
  ['/pkg/', options.pkg],
  ['/set/', folder],
  ['/', here],
];

try {
  run([options.program, 'write', folder]);
  await inChromium(places, async (page, browser) => {
    const times = Object.fromEntries(parts.map((part) => [part, { native: [], page: [] }]));
    let same = true;
    // The first round compiles, and does not count.
    for (let round = 0; round < 1 + options.rounds; round += 1) {
      for (const part of parts) {
        const native = NATIVE[part]();
        const ours = await page.evaluate((wanted) => globalThis.measure(wanted), part);
        same &&= native.ap === ours.ap;
        if (round === 0) continue;
        times[part].native.push(native.milliseconds);
        times[part].page.push(ours.milliseconds);
      }
    }
    const of = ({ native, page: ours }) => ({
      native_milliseconds: rounded(median(native), 1),
      page_milliseconds: rounded(median(ours), 1),
      ratio: rounded(median(ours) / median(native), 2),
    });
    const results = Object.fromEntries(parts.map((part) => [part, of(times[part])]));
    const report = { rounds: options.rounds, browser, same_ap: same, results };
    process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  });
} finally {
  rmSync(folder, { recursive: true });
}
