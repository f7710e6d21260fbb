/** What a person drops is understood, or it is said exactly what is not. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, SMALL, test } from './fixtures';
import { boxes, coco, piece, png, stretched, type TestFile, tar, text } from './images';
import { DIST } from './server';

const REFERENCE = join(DIST, '../tests/reference');
const BLOOD = join(DIST, '../../shared/data/bccd');

function file(path: string): TestFile {
  return { name: basename(path), mimeType: 'application/octet-stream', buffer: readFileSync(path) };
}

const golden = (path: string) => file(join(REFERENCE, path));

/** A Pascal VOC file of boxes `[x, y, width, height]`. */
function voc(name: string, list: number[][], side: number): TestFile {
  const objects = list.map(
    ([x = 0, y = 0, width = 0, height = 0]) =>
      `<object><name>nucleus</name><bndbox><xmin>${x}</xmin><ymin>${y}</ymin><xmax>${x + width}</xmax><ymax>${y + height}</ymax></bndbox></object>`,
  );
  const size = `<size><width>${side}</width><height>${side}</height><depth>1</depth></size>`;
  return text(name, `<annotation>${size}${objects.join('')}</annotation>`);
}

test('a DICOM series with its segmentation is one stack whose slices have the truth', async ({
  desk,
  page,
}) => {
  await desk.open(SMALL);
  const names = ['ct3.dcm', 'seg_binary.dcm', 'ct1.dcm', 'ct2.dcm'];
  await desk.pick(...names.map((name) => golden(`dicom/objects/${name}`)));
  await expect(desk.cases).toContainText('3 of 3 done', { timeout: 60_000 });
  await desk.settled();
  await expect(page.getByText(/^3 images, 1 DICOM drawing file, 2 classes/)).toBeVisible();
  await expect(page.getByText('Slice 1 of 3')).toBeVisible();
  await expect(desk.image).toContainText('ct1.dcm');
  await page.getByRole('slider', { name: 'Slice' }).fill('3');
  await expect(page.getByText('Slice 3 of 3')).toBeVisible();
  await expect(desk.image).toContainText('ct3.dcm');
  await page.getByRole('button', { name: 'This case' }).click();
  // Two segments are on the third slice, and the model of nuclei finds neither.
  expect(await desk.count('false_negatives')).toBe(2);
});

test('a label volume of another name is laid on the series that lies in it, and that is told', async ({
  desk,
  page,
}) => {
  await desk.open(SMALL);
  const map = { ...golden('dicom/volumes/axial_itk.nii.gz'), name: 'segmentation.nii.gz' };
  await desk.pick(map, ...['ct3.dcm', 'ct1.dcm', 'ct2.dcm'].map((name) => golden(`dicom/objects/${name}`)));
  await expect(desk.cases).toContainText('3 of 3 done', { timeout: 60_000 });
  await desk.settled();
  await expect(page.getByText(/^3 images, 1 label map, 1 class/)).toBeVisible();
  await expect(page.getByText(/segmentation\.nii\.gz is laid on 3 images/).first()).toBeAttached();
  await page.getByRole('slider', { name: 'Slice' }).fill('2');
  await expect(desk.image).toContainText('ct2.dcm');
  await page.getByRole('button', { name: 'This case' }).click();
  expect(await desk.count('false_negatives')).toBe(2);
});

test('what was understood is said before the model has run, and stays when the run is cancelled', async ({
  desk,
  page,
}) => {
  await desk.open(SMALL);
  const names = Array.from({ length: 8 }, (_, index) => `c${index}`);
  const ramp = {
    width: 512,
    height: 512,
    samples: Uint16Array.from({ length: 512 * 512 }, (_, place) => (place % 256) << 8),
  };
  await desk.pick(
    ...names.map((name) => png(`${name}.png`, ramp)),
    ...names.map((name) => voc(`${name}.xml`, [[10, 10, 20, 20]], 512)),
    text('broken.json', '{"images": ['),
  );
  const sentence = page.getByText(/^8 images, 8 Pascal VOC files, 1 class, 1 reader; .*\(broken\.json\)/);
  await expect(sentence).toBeVisible();
  await expect(desk.cases).toContainText('waiting');
  await desk.cases.getByRole('button', { name: 'Cancel' }).click();
  await desk.settled();
  await expect(desk.cases).toContainText('waiting');
  await expect(sentence).toBeVisible();
  await expect(desk.problems).toHaveCount(1);
});

test('a volume is looked through slice by slice, with the keyboard too', async ({ desk, page }) => {
  await desk.open(SMALL);
  await desk.pick(golden('images/files/affine_ras.nii'));
  await desk.settled();
  const slider = page.getByRole('slider', { name: 'Slice' });
  const count = Number(await slider.getAttribute('max'));
  expect(count).toBeGreaterThan(1);
  await slider.press('ArrowRight');
  await expect(page.getByText(`Slice 2 of ${count}`)).toBeVisible();
  await expect(desk.image).toContainText('affine_ras.nii#2');
  await expect(page.getByRole('button', { name: 'Next slice' })).toBeEnabled();
});

test('an archive is opened with what is in it', async ({ desk, page }) => {
  await desk.open(SMALL);
  const [a, b] = [piece(0), piece(1)];
  const side = a.image.width;
  const within = [
    png('set/JPEGImages/a.png', stretched(a.image)),
    png('set/JPEGImages/b.png', stretched(b.image)),
    voc('set/Annotations/a.xml', boxes(a.labels), side),
    voc('set/Annotations/b.xml', [...boxes(b.labels), [5, 5, 0, 0]], side),
  ];
  await desk.pick(tar('set.tar', within));
  await expect(desk.cases).toContainText('2 of 2 done', { timeout: 60_000 });
  await desk.settled();
  await expect(
    page.getByText(/^2 images, 2 Pascal VOC.* files, 1 class, 1 reader; annotations without an area: 1 /),
  ).toBeVisible();
  await expect(desk.problems).toContainText('has no area');
  expect(await desk.count('true_positives')).toBeGreaterThan(0);
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Save as CSV' }).click(),
  ]);
  const saved = readFileSync(await download.path(), 'utf8');
  expect(saved).toContain('set.tar/set/Annotations/b.xml');
});

test('boxes in an unknown frame are asked about, with both readings drawn', async ({ desk, page }) => {
  await desk.open(SMALL);
  const { image, labels } = piece(2);
  const share = (value: number) => (value / image.width).toFixed(6);
  const rows = boxes(labels).map(([x = 0, y = 0, width = 0, height = 0]) =>
    ['field.png', 'nucleus', share(x), share(y), share(x + width), share(y + height)].join(','),
  );
  const table = text('boxes.csv', `image,label,x_min,y_min,x_max,y_max\n${rows.join('\n')}\n`);
  await desk.pick(png('field.png', stretched(image)), table);
  await desk.settled();
  const question = page.getByRole('group', { name: 'What do the numbers of the boxes in boxes.csv mean?' });
  await expect(question).toBeVisible();
  await expect(page.getByTestId('metric-f1')).not.toHaveText(/\d/);
  await question.getByRole('button', { name: 'left, top, right, bottom from 0 to 1' }).click();
  await expect(question).toBeHidden();
  await expect(page.getByTestId('metric-f1')).toHaveText(/\d/);
  expect(await desk.count('true_positives')).toBeGreaterThan(0);
});

test('a frame can be answered while the model runs', async ({ desk, page }) => {
  await desk.open(SMALL);
  const { image, labels } = piece(2);
  const names = Array.from({ length: 8 }, (_, index) => `f${index}.png`);
  const rows = names.flatMap((name) =>
    boxes(labels).map(([x = 0, y = 0, width = 0, height = 0]) =>
      [name, 'nucleus', ...[x, y, x + width, y + height].map((value) => value / image.width)].join(','),
    ),
  );
  const table = text('boxes.csv', `image,label,x_min,y_min,x_max,y_max\n${rows.join('\n')}\n`);
  await desk.pick(...names.map((name) => png(name, stretched(image))), table);
  const question = page.getByRole('group', { name: 'What do the numbers of the boxes in boxes.csv mean?' });
  await expect(question).toBeVisible();
  await expect(desk.cases).toContainText('waiting');
  await question.getByRole('button', { name: 'left, top, right, bottom from 0 to 1' }).click();
  await expect(question).toBeHidden();
  await expect(desk.cases).toContainText('8 of 8 done', { timeout: 60_000 });
  await desk.settled();
  expect(await desk.count('true_positives')).toBeGreaterThan(7);
  await expect(desk.problems).toHaveCount(0);
});

test('predictions made elsewhere stand in place of the model', async ({ desk, page }) => {
  await desk.open(SMALL);
  const { image, labels } = piece(3);
  const found = boxes(labels).map((bbox) => ({ image_id: 1, category_id: 1, bbox, score: 0.9 }));
  await desk.pick(
    png('field.png', stretched(image)),
    text('found.json', JSON.stringify(found)),
    coco('truth.json', { 'field.png': boxes(labels) }, image.width, image.height),
  );
  await desk.settled();
  await expect(page.getByText(new RegExp(`${found.length} predictions`))).toBeVisible();
  // They are the truth itself, which no model finds so exactly.
  await expect(page.getByTestId('metric-f1')).toHaveText('1.000');
  expect(await desk.count('false_positives')).toBe(0);
});

test('a set is written in another form', async ({ desk, page }) => {
  await desk.open(SMALL);
  const { image, labels } = piece(3);
  await desk.pick(
    png('field.png', stretched(image)),
    coco('truth.json', { 'field.png': boxes(labels) }, image.width, image.height),
  );
  await desk.settled();
  await page.getByText('Export', { exact: true }).click();
  await page.getByLabel('The set in another form').selectOption('yolo');
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Truth (zip)' }).click(),
  ]);
  expect(download.suggestedFilename()).toBe('truth-yolo.zip');
  const bytes = readFileSync(await download.path());
  expect(bytes.subarray(0, 2).toString()).toBe('PK');
  expect(bytes.includes('field.txt') && bytes.includes('classes.txt')).toBe(true);
});

test('real blood cells with their untidy VOC files are read', async ({ desk, page }) => {
  test.skip(!existsSync(BLOOD), 'the data of blood cells are not on this machine');
  await desk.open(SMALL);
  const names = readdirSync(join(BLOOD, 'Annotations')).slice(0, 3);
  const images = names.map((name) => file(join(BLOOD, 'JPEGImages', name.replace('.xml', '.jpg'))));
  await desk.pick(...images, ...names.map((name) => file(join(BLOOD, 'Annotations', name))));
  await expect(desk.cases).toContainText('3 of 3 done', { timeout: 120_000 });
  await desk.settled();
  await expect(page.getByText(/^3 images, 3 Pascal VOC.* files, \d class/)).toBeVisible();
});
