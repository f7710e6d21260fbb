/** Measures in Chromium: `node measure.js '{"folder": FOLDER, "rounds": 3, ...}'` prints JSON. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inChromium, median, rounded } from '../chromium.js';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '../..');
// `pkg` is another folder of modules, to compare with those of an earlier commit.
const options = JSON.parse(process.argv[2] ?? '{}');
const { folder, warmups, rounds, tokens, gpu, pkg = join(root, 'pkg') } = options;
const task = { ...JSON.parse(readFileSync(join(folder, 'task.json'), 'utf8')), tokens };

const places = [
  ['/model/', folder],
  ['/pkg/', pkg],
  ['/ort/', join(root, 'bench/web/node_modules/onnxruntime-web/dist')],
  ['/', here],
];

await inChromium(places, async (page, browser) => {
  const adapter = await page.evaluate(() => globalThis.adapter());
  const devices = {};
  for (const device of ['cpu', 'gpu']) {
    if (device === 'gpu' && !(adapter.usable && gpu)) {
      devices.gpu = null;
      continue;
    }
    const run = { device, task, warmups, rounds };
    const measured = await page.evaluate((run) => globalThis.measure(run), run);
    const parts = {};
    for (const [part, times] of Object.entries(measured.times)) {
      const groundglass = median(times.groundglass);
      const onnxruntime = median(times.onnxruntime);
      const all = (list) => list.map((time) => rounded(time, 1));
      parts[part] = {
        groundglass_milliseconds: rounded(groundglass, 1),
        onnxruntime_milliseconds: rounded(onnxruntime, 1),
        ratio: rounded(groundglass / onnxruntime, 3),
        all: { groundglass: all(times.groundglass), onnxruntime: all(times.onnxruntime) },
      };
    }
    devices[device] = {
      parts,
      tokens: measured.tokens,
      largest_logit_difference: measured.difference,
      groundglass_heap_bytes: measured.memory,
    };
  }
  const report = {
    image: { height: task.height, width: task.width },
    prompt_tokens: task.prompt.length,
    rounds,
    threads: 1,
    browser,
    adapter: adapter.name,
    note: 'Groundglass includes preparing the image and the search; onnxruntime-web runs the networks, and takes the largest logit',
    devices,
  };
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
});
