/** A set is corrected without being loaded again, and kept on the device where the user asks for it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, SMALL, test } from './fixtures';
import { boxes, coco, piece, png, stretched, type TestFile, text } from './images';
import { DIST } from './server';

const ROOT = join(DIST, '..');

/** What is saved by a button of the export menu. */
async function saved(page: Page, button: string | RegExp): Promise<Buffer> {
  const menu = page.getByText('Export', { exact: true });
  const target = page.getByRole('button', { name: button });
  if (!(await target.isVisible())) await menu.click();
  const [download] = await Promise.all([page.waitForEvent('download'), target.click()]);
  await page.keyboard.press('Escape');
  return readFileSync(await download.path());
}

const zip = (name: string, buffer: Buffer): TestFile => ({ name, mimeType: 'application/zip', buffer });

/** A picture of nuclei whose truth calls them by another name than the model does, beside something else. */
function cells(): TestFile[] {
  const { image, labels } = piece(3);
  const truth = coco('truth.json', { 'field.png': boxes(labels) }, image.width, image.height);
  const json = JSON.parse(truth.buffer.toString());
  json.categories = [
    { id: 1, name: 'cell' },
    { id: 2, name: 'debris' },
  ];
  json.annotations.push({ id: 9000, image_id: 1, category_id: 2, bbox: [0, 0, 3, 3] });
  return [png('field.png', stretched(image)), text('truth.json', JSON.stringify(json))];
}

test('a class that the truth names otherwise is made to count as the model names it', async ({
  desk,
  page,
}) => {
  await desk.open(SMALL);
  await desk.pick(...cells());
  await expect(desk.image).toContainText('field.png');
  await desk.settled();
  expect(await desk.count('true_positives')).toBe(0);
  const requests = desk.guard.requests.length;
  await page.getByText('Correct the reading').click();
  await page.getByLabel('The class cell counts as').fill('nucleus');
  await page.getByRole('button', { name: 'Read so' }).click();
  await expect(page.getByTestId('true_positives')).not.toHaveText('0');
  await desk.settled();
  await expect(page.getByText(/, 2 classes, 1 reader/)).toBeVisible();
  // The form stays open, and the way back is one press.
  await page.getByRole('button', { name: 'As the files say' }).click();
  await expect(page.getByLabel('The class cell counts as')).toBeVisible();
  await desk.settled();
  expect(await desk.count('true_positives')).toBe(0);
  expect(desk.guard.requests.length).toBe(requests);
});

test('a class of the model is renamed wherever it is shown', async ({ desk, page }) => {
  await desk.open(SMALL);
  await desk.pick(...cells());
  await expect(desk.image).toContainText('field.png');
  await desk.settled();
  await page.getByText('Correct the reading').click();
  await page.getByLabel('The class nucleus counts as').fill('cell');
  await page.getByRole('button', { name: 'Read so' }).click();
  await expect(page.getByTestId('true_positives')).not.toHaveText('0');
  await expect(desk.rows.first()).toContainText('cell');
  await expect(desk.rows.filter({ hasText: 'nucleus' })).toHaveCount(0);
  const { json } = await desk.exported('Predictions');
  expect(new Set(json.map(({ category_id }: { category_id: number }) => category_id))).toEqual(new Set([1]));
});

test('the size of a pixel is given, and one that is none is refused', async ({ desk, page }) => {
  await desk.open(SMALL);
  await desk.pick(...cells());
  await expect(desk.image).toContainText('field.png');
  await desk.settled();
  await page.getByText('Correct the reading').click();
  await expect(page.getByText('0 of 1 images have one.')).toBeVisible();
  await page.getByLabel('Width', { exact: true }).fill('0.25');
  await page.getByLabel('Height', { exact: true }).fill('-1');
  await expect(page.getByText('Both sizes are numbers above 0, such as 0.14.')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Read so' })).toBeDisabled();
  await page.getByLabel('Height', { exact: true }).fill('0.25');
  await page.getByRole('button', { name: 'Read so' }).click();
  await expect(page.getByText('1 of 1 images have one.')).toBeVisible();
});

test('a set is kept only when that is asked for, opens again after a reload, and is deleted', async ({
  desk,
  page,
}) => {
  const stored = () =>
    page.evaluate(async () => {
      const root = await navigator.storage.getDirectory();
      const found: string[] = [];
      for await (const handle of root.values()) {
        for await (const name of (handle as FileSystemDirectoryHandle).keys()) found.push(name);
      }
      return found;
    });
  await desk.open(SMALL);
  await desk.pick(...cells());
  await expect(desk.image).toContainText('field.png');
  await desk.settled();
  expect(await stored()).toEqual([]);
  await page.getByText('Correct the reading').click();
  await page.getByLabel('The class cell counts as').fill('nucleus');
  await page.getByRole('button', { name: 'Read so' }).click();
  await expect(page.getByTestId('true_positives')).not.toHaveText('0');
  await desk.settled();
  const found = await desk.count('true_positives');
  await page.getByRole('button', { name: /^Remember these files/ }).click();
  const title = 'field.png and 1 more';
  await expect(page.getByRole('button', { name: `Open ${title}` })).toBeVisible();
  expect(await stored()).toHaveLength(1);

  await desk.guard.whileAsking(async () => {
    await desk.open(SMALL);
    await desk.approach();
  });
  await page.getByRole('button', { name: `Open ${title}` }).click();
  await expect(desk.image).toContainText('field.png');
  await desk.settled();
  // With the corrections that were made.
  expect(await desk.count('true_positives')).toBe(found);

  await page.getByRole('button', { name: `Delete ${title}` }).click();
  await page.getByRole('button', { name: `Really delete ${title}` }).click();
  await expect(page.getByRole('button', { name: `Open ${title}` })).toHaveCount(0);
  expect(await stored()).toEqual([]);
});

/** Two pictures of nuclei, whose truth calls them cells. */
function two(): TestFile[] {
  const [one, other] = [piece(3), piece(5)];
  const { width, height } = one.image;
  const marked = { 'one.png': boxes(one.labels), 'two.png': boxes(other.labels) };
  const json = JSON.parse(coco('truth.json', marked, width, height).buffer.toString());
  json.categories[0].name = 'cell';
  return [
    png('one.png', stretched(one.image)),
    png('two.png', stretched(other.image)),
    text('truth.json', JSON.stringify(json)),
  ];
}

/** What a person sees of the state that a bundle keeps. */
async function seen(page: Page) {
  const report = JSON.parse((await saved(page, /^Report \(JSON\)$/)).toString());
  const { values, counts, score_threshold, iou_threshold, task, model, device, data } = report;
  return {
    report: { values, counts, score_threshold, iou_threshold, task, model, device, data },
    score: await page.getByRole('slider', { name: 'Score threshold' }).inputValue(),
    iou: await page.getByRole('slider', { name: 'IoU threshold' }).inputValue(),
    box: await page.getByRole('radio', { name: 'Box' }).isChecked(),
    ofCase: await page.getByRole('button', { name: 'This case' }).getAttribute('aria-pressed'),
    counts: await page.getByTestId('true_positives').textContent(),
    shown: (await page.locator('.file').textContent())?.trim().split(/\s+/)[0],
    findings: await page.locator('tbody tr[data-mark]').allTextContents(),
  };
}

test('a bundle opens again to the same state after a reload, and its images join later', async ({
  desk,
  page,
}) => {
  // The page is opened twice, and read again three times.
  test.slow();
  await desk.open(SMALL);
  const files = two();
  await desk.pick(...files);
  await expect(desk.cases).toContainText('2 of 2 done', { timeout: 60_000 });
  await desk.settled();
  await page.getByText('Correct the reading').click();
  await page.getByLabel('The class cell counts as').fill('nucleus');
  await page.getByRole('button', { name: 'Read so' }).click();
  await expect(page.getByTestId('true_positives')).not.toHaveText('0');
  await desk.settled();
  await desk.slide(desk.score, 0.35);
  await desk.slide(desk.iou, 0.3);
  await page.getByRole('radio', { name: 'Box' }).check();
  await desk.cases.getByRole('button', { name: 'two.png' }).click();
  await page.getByRole('button', { name: 'This case' }).click();
  await expect(desk.image).toContainText('two.png');
  await desk.settled();
  const before = await seen(page);
  expect(Number(before.counts)).toBeGreaterThan(0);
  expect(before.report.model.name).toBe('nuclei');
  const bundle = zip('study.zip', await saved(page, 'Groundglass bundle (.zip)'));
  expect(bundle.buffer.includes('images/one.png')).toBe(false);

  await desk.guard.whileAsking(async () => {
    await desk.open(SMALL);
    await desk.approach();
  });
  await desk.drop(bundle);
  await expect(desk.cases).toContainText('2 of 2 done');
  await expect(desk.cases.getByText('image not here')).toHaveCount(2);
  await expect(desk.image).toContainText('The image is not here');
  await desk.settled();
  expect(await seen(page)).toEqual(before);
  await expect(page.getByText(/^2 cases without their image, 1 Groundglass bundle file/)).toBeVisible();
  await expect(page.getByTestId('bundle')).toContainText('of the model nuclei on the CPU');
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
  // The correction came with it, and goes on from there.
  await page.getByText('Correct the reading').click();
  await expect(page.getByLabel('The class nucleus counts as')).toBeVisible();
  await expect(page.getByRole('button', { name: 'As the files say' })).toBeEnabled();

  // An image by its hash, whatever it is called now.
  const [one, other] = files;
  if (one === undefined || other === undefined) throw new Error('there are two pictures');
  await desk.drop({ ...other, name: 'elsewhere.png' });
  await expect(desk.cases.getByText('image not here')).toHaveCount(1);
  await desk.settled();
  await expect(desk.image).toContainText('two.png');
  await expect(desk.image).toContainText('8 bit grey');
  expect(await seen(page)).toEqual(before);
  // And by its name.
  await desk.drop(one);
  await expect(desk.cases.getByText('image not here')).toHaveCount(0);
  await desk.settled();
  expect(await seen(page)).toEqual(before);
});

test('a bundle with the images is a set like any other, and its own report can be saved', async ({
  desk,
  page,
}) => {
  test.slow();
  await desk.open(SMALL);
  const [image, , truth] = two();
  if (image === undefined || truth === undefined) throw new Error('there is a picture and its truth');
  await desk.pick(image, truth);
  await desk.settled();
  await page.getByText('Export', { exact: true }).click();
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
  await page.getByRole('checkbox', { name: /^with the images/ }).check();
  const bundle = zip('with.zip', await saved(page, 'Groundglass bundle (.zip)'));
  const report = JSON.parse((await saved(page, /^Report \(JSON\)$/)).toString());
  // The picture is packed already, and stands in the zip as it is.
  expect(bundle.buffer.includes(image.buffer)).toBe(true);

  await desk.guard.whileAsking(async () => {
    await desk.open(SMALL);
    await desk.approach();
  });
  await desk.drop(bundle);
  await expect(desk.image).toContainText('one.png');
  await expect(desk.image).toContainText('8 bit grey');
  await desk.settled();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: "Save the bundle's report (JSON)" }).click(),
  ]);
  expect(JSON.parse(readFileSync(await download.path(), 'utf8'))).toEqual(report);
});

test('a sample becomes a bundle too', async ({ desk, page }) => {
  await desk.open(SMALL);
  await page.getByText('Export', { exact: true }).click();
  await expect(page.getByRole('checkbox', { name: /^with the images/ })).toBeDisabled();
  const bytes = await saved(page, 'Groundglass bundle (.zip)');
  expect(bytes.includes('groundglass-bundle.json')).toBe(true);
  await desk.settled();
});

test('forms on the grid of the images are offered where there are such images', async ({ desk, page }) => {
  await desk.open(SMALL);
  const names = ['ct1.dcm', 'ct2.dcm', 'ct3.dcm', 'seg_binary.dcm'];
  const objects = names.map((name) => ({
    name,
    mimeType: 'application/dicom',
    buffer: readFileSync(join(ROOT, 'tests/reference/dicom/objects', name)),
  }));
  await desk.pick(...objects);
  await expect(desk.cases).toContainText('3 of 3 done', { timeout: 60_000 });
  await desk.settled();
  await page.getByText('Export', { exact: true }).click();
  const form = page.getByLabel('The set in another form');
  await form.selectOption('nifti');
  await expect(page.getByText(/^It is written on the grid of a volume/)).toBeVisible();
  await expect(page.getByRole('button', { name: 'Truth (zip)' })).toBeDisabled();
  await form.selectOption('dicom_seg');
  const bytes = await saved(page, 'Truth (zip)');
  expect(bytes.subarray(0, 2).toString()).toBe('PK');
  expect(bytes.includes('segmentations/ct1.dcm')).toBe(true);
});

test('truth without any image leaves the page empty and whole', async ({ desk, page }) => {
  await desk.open(SMALL);
  const { labels, image } = piece(3);
  const truth = coco('truth.json', { 'field.png': boxes(labels) }, image.width, image.height);
  await desk.pick(truth);
  await expect(page.getByText(/1 COCO annotations file/)).toBeVisible();
  await expect(desk.image).toContainText('No image is open.');
  await desk.pick(png('field.png', stretched(image)));
  await expect(desk.image).toContainText('field.png');
  await desk.settled();
  await expect(desk.rows).not.toHaveCount(0);
});
