/** Measures in Chromium: `node measure.js '{"rounds": 5}'` prints JSON. */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inChromium, median, rounded } from '../chromium.js';

const here = dirname(fileURLToPath(import.meta.url));
const options = {
  rounds: 5,
  slices: 100,
  side: 512,
  width: 4000,
  height: 3000,
  bytes: 100e6,
  ...JSON.parse(process.argv[2] ?? '{}'),
};

const places = [
  ['/pkg/', join(here, '../../pkg')],
  ['/dcmjs/', join(here, 'node_modules/dcmjs/build')],
  ['/cornerstone/', join(here, 'node_modules/.cornerstone')],
  ['/', here],
];

await inChromium(places, async (page, browser) => {
  const times = await page.evaluate((wanted) => globalThis.measure(wanted), options);
  const of = ({ ours, theirs }) => ({
    groundglass_milliseconds: rounded(median(ours), 1),
    other_milliseconds: rounded(median(theirs), 1),
    ratio: rounded(median(ours) / median(theirs), 3),
  });
  const report = {
    rounds: options.rounds,
    browser,
    note: 'groundglass includes the SHA-256 of every image file, and its checks of every annotation; the others have neither',
    results: Object.fromEntries(Object.entries(times).map(([name, all]) => [name, of(all)])),
  };
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
});
