/**
 * Opens the page in Chromium and measures: `node measure.js '{"onnx": FILE, "side": 256, ...}'` prints JSON.
 * No server runs: every request of the page is answered from the repository's files.
 */

import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from '@playwright/test';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '../..');
const { onnx, side, warmups, rounds } = JSON.parse(process.argv[2] ?? '{}');
// A name that resolves nowhere; https, because WebGPU is offered to secure pages alone.
const origin = 'https://bench.invalid';

/** Where each path of the page lies in the repository. */
const places = [
  ['/pkg/', join(root, 'pkg')],
  ['/models/', join(root, 'models')],
  ['/samples/', join(root, 'www/public/samples')],
  ['/ort/', join(here, 'node_modules/onnxruntime-web/dist')],
  ['/', here],
];

function fileOf(url) {
  const path = normalize(new URL(url).pathname);
  if (path === '/model.onnx') return onnx;
  const [prefix, folder] = places.find(([start]) => path.startsWith(start));
  return join(folder, path === '/' ? 'index.html' : path.slice(prefix.length));
}

function median(times) {
  const sorted = [...times].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

const rounded = (number, digits) => Number(number.toFixed(digits));

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM_PATH || undefined,
  args: ['--no-sandbox', '--enable-unsafe-webgpu', '--enable-features=Vulkan'],
});
try {
  const page = await browser.newPage();
  await page.route('**/*', async (route) => {
    const file = fileOf(route.request().url());
    await (existsSync(file) ? route.fulfill({ path: file }) : route.fulfill({ status: 404 }));
  });
  page.on('pageerror', (error) => process.stderr.write(`${error}\n`));
  await page.goto(`${origin}/`);
  await page.waitForFunction(() => globalThis.measure !== undefined);

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
    browser: browser.version(),
    adapter: adapter.name,
    note: 'burn includes preparing the image and turning the output into findings; onnxruntime-web runs the network alone',
    devices,
  };
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
} finally {
  await browser.close();
}
