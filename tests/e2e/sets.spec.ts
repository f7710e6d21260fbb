/** A set is corrected without being loaded again, and kept on the device where the user asks for it. */
import { expect, SMALL, test } from './fixtures';
import { boxes, coco, piece, png, stretched, type TestFile, text } from './images';

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
