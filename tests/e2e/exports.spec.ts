/** An export of a large set is cancelled in the act: the set is as it was, and the next export works. */
import { writeFileSync } from 'node:fs';
import type { Download, Page, TestInfo } from '@playwright/test';
import { type Desk, expect, SMALL, test } from './fixtures';

/** Numbers below 2^31 that look random: Lehmer's generator. */
function randoms(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48271) % 2147483647;
    return state;
  };
}

interface BundledCase {
  name: string;
  width: number;
  height: number;
  truth?: unknown[];
  findings: unknown[];
  slice?: { stack: string; index: number; count: number };
}

/** A case in which some boxes are marked, of which the model found all but one. */
function boxed(
  name: string,
  [width, height]: [number, number],
  boxes: number,
  next: () => number,
): BundledCase {
  const truth = Array.from({ length: boxes }, () => {
    const [x, y] = [next() % (width - 40), next() % (height - 40)];
    return {
      label: next() % 2 ? 'nodule' : 'mass',
      box: [x, y, x + 8 + (next() % 30), y + 8 + (next() % 30)],
    };
  });
  const findings = truth.slice(1).map((region) => ({ ...region, score: 0.5 + (next() % 50) / 100 }));
  return { name, width, height, truth, findings };
}

/** A bundle's manifest alone: cases with what was found in them, whose images are not there. */
function manifest(info: TestInfo, cases: BundledCase[]): string {
  const path = info.outputPath('groundglass-bundle.json');
  writeFileSync(path, JSON.stringify({ schema: 'groundglass.bundle/1', cases }));
  return path;
}

/** A NumPy array of noise, which takes long to pack and grows no smaller. */
function noise(info: TestInfo, name: string, side: number, seed: number): string {
  const words = `{'descr': '<u2', 'fortran_order': False, 'shape': (${side}, ${side}), }`;
  const head = Buffer.from(`\x93NUMPY\x01\x00\x76\x00${words.padEnd(117)}\n`, 'latin1');
  const samples = new Uint32Array((side * side) / 2);
  const next = randoms(seed);
  for (let index = 0; index < samples.length; index += 1) samples[index] = next() * 2 + (next() & 1);
  const path = info.outputPath(name);
  writeFileSync(path, Buffer.concat([head, Buffer.from(samples.buffer)]));
  return path;
}

/** What a person sees of a set and its numbers. */
async function seen(desk: Desk, page: Page) {
  return {
    counts: await Promise.all(
      (['true_positives', 'false_positives', 'false_negatives'] as const).map((name) => desk.count(name)),
    ),
    cases: await desk.cases.getByRole('button').first().textContent(),
    score: await desk.score.inputValue(),
    iou: await desk.iou.inputValue(),
    shown: await page.locator('.file').textContent(),
    findings: await desk.rows.allTextContents(),
    problems: await desk.problems.allTextContents(),
  };
}

const menu = (page: Page) => page.locator('.sheet').filter({ hasText: 'Predictions' });

/** Notes every wait that the page shows from now on, by its title. */
async function noteWaits(page: Page): Promise<() => Promise<string[]>> {
  await page.evaluate(() => {
    const waits: string[] = [];
    Object.assign(globalThis, { waits });
    new MutationObserver(() => {
      for (const bar of document.querySelectorAll('progress')) waits.push(bar.ariaLabel ?? '');
    }).observe(document.body, { childList: true, subtree: true });
  });
  return async () => [
    ...new Set(await page.evaluate(() => (globalThis as unknown as { waits: string[] }).waits)),
  ];
}

/** Begins an export, presses Cancel in the middle of it, and finds the set as it was, without its having been read again. */
async function cancelInTheAct(desk: Desk, page: Page, button: string, title: string): Promise<void> {
  const before = await seen(desk, page);
  const workers = page.workers();
  const waits = await noteWaits(page);
  const saved: Download[] = [];
  page.on('download', (download) => saved.push(download));
  const bar = menu(page).getByRole('progressbar', { name: title });
  await menu(page).getByRole('button', { name: button }).click();
  await expect
    .poll(async () => Number(await bar.getAttribute('value')), { intervals: [20] })
    .toBeGreaterThan(0.02);
  const share = Number(await bar.getAttribute('value'));
  const cancel = menu(page).getByRole('button', { name: 'Cancel' });
  await cancel.click();
  await expect(menu(page).getByRole('status')).toHaveText(`${title} was cancelled, and nothing was saved.`);
  expect(share).toBeLessThan(1);
  await desk.settled();
  expect(await waits()).toEqual([title]);
  expect(page.workers()).toEqual(workers);
  expect(await seen(desk, page)).toEqual(before);
  expect(saved).toEqual([]);
}

/** Exports to the end; gives where the file lies. */
async function exported(page: Page, info: TestInfo, button: string): Promise<string> {
  const [download] = await Promise.all([
    page.waitForEvent('download', { timeout: 90_000 }),
    menu(page).getByRole('button', { name: button }).click(),
  ]);
  const path = info.outputPath(download.suggestedFilename());
  await download.saveAs(path);
  await expect(menu(page).getByRole('status')).toBeEmpty();
  return path;
}

/** The page anew, with one file in it. */
async function openedAgain(desk: Desk, ...paths: string[]): Promise<void> {
  await desk.guard.whileAsking(async () => {
    await desk.open(SMALL);
    await desk.approach();
  });
  await desk.pickPaths(...paths);
}

test('a bundle with images is cancelled between two pieces, and written again', async ({
  desk,
  page,
}, info) => {
  test.slow();
  const side = 3000;
  const next = randoms(3);
  const names = Array.from({ length: 8 }, (_, index) => `scan_${index}.npy`);
  const images = names.map((name, index) => noise(info, name, side, index + 1));
  const cases = names.map((name) => boxed(name, [side, side], 4, next));
  await desk.open(SMALL);
  await desk.pickPaths(manifest(info, cases), ...images);
  await expect(desk.cases).toContainText('8 of 8 done', { timeout: 60_000 });
  await desk.settled();
  await desk.slide(desk.score, 0.6);
  await page.getByText('Export', { exact: true }).click();
  await page.getByRole('checkbox', { name: /^with the images/ }).check();
  await cancelInTheAct(desk, page, 'Groundglass bundle (.zip)', 'Writing the bundle');
  const before = await seen(desk, page);
  const bundle = await exported(page, info, 'Groundglass bundle (.zip)');

  await openedAgain(desk, bundle);
  await expect(desk.cases).toContainText('8 of 8 done', { timeout: 60_000 });
  await expect(desk.cases.getByText('image not here')).toHaveCount(0);
  await desk.settled();
  expect(await seen(desk, page)).toEqual(before);
});

test('a set in another form is cancelled between two files, and written again', async ({
  desk,
  page,
}, info) => {
  test.slow();
  const next = randoms(5);
  const cases = Array.from({ length: 4000 }, (_, index) =>
    boxed(`images/c${index}x.png`, [512, 512], 60, next),
  );
  await desk.open(SMALL);
  await desk.pickPaths(manifest(info, cases));
  await expect(desk.cases).toContainText('4000 of 4000 done', { timeout: 60_000 });
  await desk.settled();
  await desk.slide(desk.score, 0.7);
  await page.getByText('Export', { exact: true }).click();
  await page.getByLabel('The set in another form').selectOption('voc');
  await cancelInTheAct(desk, page, 'Truth (zip)', 'Writing Pascal VOC (XML)');
  const before = await seen(desk, page);
  const [found = 0, , missed = 0] = before.counts;
  expect(Math.min(found, missed)).toBeGreaterThan(0);
  const zip = await exported(page, info, 'Truth (zip)');

  // The truth out of the zip, and everything else as it was.
  await openedAgain(
    desk,
    manifest(
      info,
      cases.map(({ truth: _, ...rest }) => rest),
    ),
    zip,
  );
  await expect(page.getByText(/4000 Pascal VOC files/)).toBeVisible({ timeout: 60_000 });
  await desk.settled();
  await desk.slide(desk.score, 0.7);
  expect(await seen(desk, page)).toEqual(before);
});

test('slices whose images are not here have the slider of those that are', async ({ desk, page }, info) => {
  const next = randoms(7);
  const slices = ['s2', 's0', 's1'].map((name) => ({
    ...boxed(`scan/${name}.dcm`, [64, 64], 2, next),
    slice: { stack: 'scan/s0.dcm', index: Number(name.slice(1)), count: 3 },
  }));
  const [last, ...rest] = slices;
  if (last === undefined) throw new Error('there are three slices');
  await desk.open(SMALL);
  await desk.pickPaths(manifest(info, [last, boxed('alone.png', [64, 64], 2, next), ...rest]));
  await expect(desk.cases).toContainText('4 of 4 done');
  await desk.settled();
  const slider = page.getByRole('slider', { name: 'Slice' });
  const absent = page.getByText('The image is not here. Drop it on the page and it joins.');
  await expect(desk.image).toContainText('scan/s0.dcm');
  for (const [place, name] of ['s0', 's1', 's2'].entries()) {
    await slider.fill(String(place + 1));
    await expect(page.locator('.file')).toContainText(`scan/${name}.dcm`);
    await expect(page.getByText(`Slice ${place + 1} of 3`)).toBeVisible();
    await expect(absent).toBeVisible();
    await expect(desk.rows).not.toHaveCount(0);
  }
  await expect(page.getByRole('button', { name: 'Next slice' })).toBeDisabled();
  await page.getByRole('button', { name: 'Slice before' }).click();
  await expect(page.locator('.file')).toContainText('scan/s1.dcm');
  // A picture by itself has no slider.
  await desk.cases.getByRole('button', { name: /alone\.png/ }).click();
  await expect(page.locator('.file')).toContainText('alone.png');
  await expect(slider).toHaveCount(0);
});
