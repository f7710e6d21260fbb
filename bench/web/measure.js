/** Measures in Chromium: `node measure.js '{"onnx": FILE, "side": 256, ...}'` prints JSON. */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inChromium, median, rounded } from '../chromium.js';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '../..');
const { onnx, side, warmups, rounds } = JSON.parse(process.argv[2] ?? '{}');

const places = [
  ['/model.onnx', onnx],
  ['/pkg/', join(root, 'pkg')],
  ['/models/', join(root, 'models')],
  ['/samples/', join(root, 'www/public/samples')],
  ['/ort/', join(here, 'node_modules/onnxruntime-web/dist')],
  ['/', here],
];

await inChromium(places, async (page, browser) => {
  const adapter = await page.evaluate(() => globalThis.adapter());
  const devices = {};
  for (const device of ['cpu', 'gpu']) {
    if (device === 'gpu' && !adapter.usable) {
      devices.gpu = null;
      continue;
    }
    const options = { device, side, warmups, rounds };
    const times = await page.evaluate((options) => globalThis.measure(options), options);
    const burn = median(times.burn);
    const onnxruntime = median(times.onnxruntime);
    devices[device] = {
      burn_milliseconds: rounded(burn, 1),
      onnxruntime_milliseconds: rounded(onnxruntime, 1),
      ratio: rounded(burn / onnxruntime, 3),
      all: {
        burn: times.burn.map((time) => rounded(time, 1)),
        onnxruntime: times.onnxruntime.map((time) => rounded(time, 1)),
      },
    };
  }
  const report = {
    image: { side, channels: 1 },
    rounds,
    threads: 1,
    browser,
    adapter: adapter.name,
    note: 'burn includes preparing the image and turning the output into findings; onnxruntime-web runs the network alone',
    devices,
  };
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
});
