/** A page in Chromium whose requests are answered from the repository's files: no server runs. */
import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join, normalize } from 'node:path';
import { chromium } from '@playwright/test';

// A name that resolves nowhere; https, because WebGPU is offered to secure pages alone.
const ORIGIN = 'https://bench.invalid';

/** Opens `/` where `places` says, in order, which folder (or file) each beginning of a path lies in; gives `work` the page. */
export async function inChromium(places, work) {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM_PATH || undefined,
    args: ['--no-sandbox', '--enable-unsafe-webgpu', '--enable-features=Vulkan'],
  });
  const fileOf = (url) => {
    const path = normalize(new URL(url).pathname);
    const [prefix, place] = places.find(([start]) => path.startsWith(start));
    return path === '/' ? join(place, 'index.html') : join(place, path.slice(prefix.length));
  };
  try {
    const page = await browser.newPage();
    await page.route('**/*', async (route) => {
      const file = fileOf(route.request().url());
      const range = /^bytes=(\d+)-(\d+)$/.exec(await route.request().headerValue('range'));
      if (!existsSync(file)) await route.fulfill({ status: 404 });
      else if (range) await route.fulfill(await piece(file, Number(range[1]), Number(range[2])));
      else await route.fulfill({ path: file });
    });
    page.on('pageerror', (error) => process.stderr.write(`${error}\n`));
    await page.goto(`${ORIGIN}/`);
    await page.waitForFunction(() => globalThis.measure !== undefined);
    return await work(page, browser.version());
  } finally {
    await browser.close();
  }
}

/** Bytes `first` to `last` of a file too large to be sent at once. */
async function piece(path, first, last) {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const body = Buffer.alloc(Math.max(0, Math.min(last + 1, size) - first));
    await file.read(body, 0, body.length, first);
    return { status: 206, headers: { 'content-range': `bytes ${first}-${last}/${size}` }, body };
  } finally {
    await file.close();
  }
}

export function median(times) {
  const sorted = [...times].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

export const rounded = (number, digits) => Number(number.toFixed(digits));
