/** The reading of a long file shows how far it is, and ends when that is asked for. */
import { closeSync, openSync, writeSync } from 'node:fs';
import type { TestInfo } from '@playwright/test';
import { expect, SMALL, test } from './fixtures';
import { boxes, coco, piece, png, stretched } from './images';

/** COCO without an annotation, made longer by white space in front of its end. */
function longCoco(info: TestInfo, megabytes: number): string {
  const path = info.outputPath('long.json');
  const file = openSync(path, 'w');
  writeSync(file, '{"images": [], "categories": [], "annotations": []');
  const spaces = Buffer.alloc(1e6, ' ');
  for (let count = 0; count < megabytes; count += 1) writeSync(file, spaces);
  writeSync(file, '}');
  closeSync(file);
  return path;
}

test('a long file is cancelled while it is read, and the next is read', async ({ desk, page }, info) => {
  test.slow();
  await desk.open(SMALL);
  await desk.pickPaths(longCoco(info, 900));
  const bar = page.getByRole('progressbar', { name: 'Reading long.json' });
  await expect
    .poll(async () => Number(await bar.getAttribute('value')), { intervals: [20], timeout: 30_000 })
    .toBeGreaterThan(0.01);
  expect(Number(await bar.getAttribute('value'))).toBeLessThan(0.5);
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByText('Cancelling', { exact: true })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Go on' })).toHaveCount(0);
  await expect(bar).toHaveCount(0);
  await expect(page.getByRole('button', { name: 'Go on' })).toBeVisible();
  await expect(page.getByText('0 of 0 done')).toBeVisible();
  await desk.settled();

  await page.getByRole('button', { name: 'Close my files' }).click();
  await desk.settled();
  const { image, labels } = piece(0);
  await desk.pick(
    png('a.png', stretched(image)),
    coco('truth.json', { 'a.png': boxes(labels) }, image.width, image.height),
  );
  await expect(desk.image).toContainText('a.png', { timeout: 60_000 });
  await desk.settled();
  expect(await desk.problems.count()).toBe(0);
});
