/** What a user does, step by step, on the CPU. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, SMALL, test } from './fixtures';
import { boxes, coco, hasSample, piece, png, stretched, tiff16 } from './images';

const TRUE_POSITIVE: [number, number, number] = [92, 200, 255];

const numbers = (text: string | null) => (text ?? '').match(/\d+/g)?.map(Number) ?? [];

test('the page opens on a result, without a click', async ({ desk, page }) => {
  await desk.open();
  expect(await desk.count('true_positives')).toBeGreaterThan(0);
  expect(await desk.rows.count()).toBeGreaterThan(0);
  expect(await desk.drawn(TRUE_POSITIVE)).toBeGreaterThan(100);
  await expect(page.getByTestId('curve-point')).toBeVisible();
  await expect(page.getByTestId('device')).toHaveText(/CPU/);
  await page.getByTestId('device').click();
  await expect(page.getByTestId('agreement')).toContainText('agrees with the known answer');
  if (hasSample) {
    await expect(desk.image).toContainText('nuclei/image.tif');
    expect(await desk.metric('f1')).toBeGreaterThan(0.85);
  } else {
    await expect(desk.image).toContainText('phantom-shape-0.png');
  }
});

test('thresholds move everything at once and nothing is run again', async ({ desk, page }) => {
  await desk.open();
  const found = (await desk.count('true_positives')) + (await desk.count('false_positives'));
  const place = await page.getByTestId('curve-point').getAttribute('cx');
  await desk.slide(desk.score, 0.05);
  await expect(desk.image).toHaveAttribute('aria-busy', 'false');
  await expect
    .poll(async () => (await desk.count('true_positives')) + (await desk.count('false_positives')))
    .toBeGreaterThanOrEqual(found);
  await desk.slide(desk.score, 1);
  await expect(page.getByTestId('true_positives')).toHaveText('0');
  await expect(desk.findings).toContainText('below the score threshold');
  await expect(page.getByTestId('curve-point')).toHaveCount(0);
  await desk.slide(desk.score, 0.5);
  await desk.slide(desk.iou, 0.95);
  await expect.poll(() => desk.count('false_positives')).toBeGreaterThan(0);
  const strict = await desk.count('true_positives');
  await desk.slide(desk.iou, 0.05);
  await expect.poll(() => desk.count('true_positives')).toBeGreaterThan(strict);
  expect(place).not.toBeNull();
  // The address follows, so that it can be passed on.
  expect(new URL(page.url()).searchParams.get('iou')).toBe('0.05');
});

test('a set of own files is run, listed worst first, and shown case by case', async ({ desk, page }) => {
  await desk.open(SMALL);
  const [a, b, c] = [piece(0), piece(1), piece(2)];
  // The truth of the second is of another place, so that it must come out worst.
  const files = [
    png('a.png', stretched(a.image)),
    png('a_mask.png', a.labels, 16),
    tiff16('b.tif', b.image),
    png('b_mask.png', { ...c.labels, samples: c.labels.samples.toReversed() }, 16),
    tiff16('c.tif', c.image),
    png('c_mask.png', c.labels, 16),
  ];
  await desk.drop(...files);
  await expect(desk.cases).toContainText('3 of 3 done', { timeout: 90_000 });
  await desk.settled();
  const scores = (await desk.cases.locator('tbody tr td:last-child').allTextContents()).map(Number);
  expect(scores).toEqual([...scores].sort((x, y) => x - y));
  const worst = desk.cases.locator('tbody tr').filter({ hasText: 'b.tif' }).locator('td:last-child');
  expect(Number(await worst.textContent())).toBe(scores[0]);
  await desk.cases.getByRole('button', { name: 'c.tif' }).click();
  await expect(desk.image).toContainText('c.tif');
  await expect(desk.image).toContainText('16 bit grey');
  await page.getByRole('button', { name: 'This case' }).click();
  expect(await desk.count('true_positives')).toBeGreaterThan(0);
  expect(await desk.problems.count()).toBe(0);
});

test('truth may come as COCO boxes, and after the images', async ({ desk, page }) => {
  await desk.open(SMALL);
  const { image, labels } = piece(3);
  await desk.pick(png('field.png', stretched(image)));
  await desk.settled();
  await expect(page.getByTestId('metric-f1')).toHaveText('no truth');
  await desk.pick(coco('truth.json', { 'field.png': boxes(labels) }, image.width, image.height));
  await expect(page.getByTestId('metric-f1')).toHaveText(/\d/);
  await expect(page.getByRole('radio', { name: 'Box' })).toBeChecked();
  expect(await desk.count('true_positives')).toBeGreaterThan(0);
});

test('a run can be cancelled and taken up again', async ({ desk, page }) => {
  await desk.open(SMALL);
  const files = Array.from({ length: 6 }, (_, seed) => tiff16(`${seed}.tif`, piece(seed, 160).image));
  await desk.pick(...files);
  await expect(page.getByText(/Running the model on 6 cases/).first()).toBeVisible();
  await page.getByRole('button', { name: 'Cancel' }).click();
  const goOn = desk.cases.getByRole('button', { name: 'Go on' });
  await expect(goOn).toBeVisible();
  await expect(desk.cases).toContainText('waiting');
  await goOn.click();
  await expect(desk.cases).toContainText('6 of 6 done', { timeout: 90_000 });
});

test('the page answers while a set is run', async ({ desk, page }) => {
  await desk.open(SMALL);
  await desk.pick(...Array.from({ length: 3 }, (_, seed) => tiff16(`${seed}.tif`, piece(seed, 128).image)));
  await expect(page.getByText(/Running the model on 3 cases/).first()).toBeVisible();
  const longest = await page.evaluate(async () => {
    let worst = 0;
    let last = performance.now();
    for (let frame = 0; frame < 60; frame += 1) {
      await new Promise(requestAnimationFrame);
      worst = Math.max(worst, performance.now() - last);
      last = performance.now();
    }
    return worst;
  });
  expect(longest).toBeLessThan(500);
  await desk.settled();
});

test('predictions and report are exported', async ({ desk }) => {
  await desk.open(SMALL);
  const { image, labels } = piece(1);
  await desk.pick(tiff16('field.tif', image), png('field_mask.png', labels, 16));
  await desk.settled();
  const predictions = await desk.exported('Predictions');
  expect(predictions.name).toBe('predictions.json');
  expect(predictions.json.length).toBeGreaterThan(0);
  for (const result of predictions.json) {
    expect(Object.keys(result)).toEqual(expect.arrayContaining(['image_id', 'category_id', 'bbox', 'score']));
    expect(result.bbox).toHaveLength(4);
  }
  const { name, json } = await desk.exported('Report');
  expect(name).toBe('report.json');
  expect(json.schema).toBe('groundglass.report/1');
  expect(json.score_threshold).toBe(Number(await desk.score.inputValue()));
  expect(json.counts.true_positives).toBe(await desk.count('true_positives'));
  expect(json.model.sha256).toMatch(/^[0-9a-f]{64}$/);
  expect(json.device.device).toBe('cpu');
  expect(Object.keys(json.data).sort()).toEqual(['field.tif', 'field_mask.png']);
  for (const value of json.values) expect(value.convention.words.length).toBeGreaterThan(10);
});

test('a link opens the state that it holds', async ({ desk, page }) => {
  await desk.open('?sample=phantom-size&seed=7&count=2-3&device=cpu&score=0.35&iou=0.3&region=box');
  await expect(desk.image).toContainText('phantom-size-7.png');
  await expect(desk.score).toHaveValue('0.35');
  await expect(desk.iou).toHaveValue('0.3');
  await expect(page.getByRole('radio', { name: 'Box' })).toBeChecked();
  await expect(page.getByRole('spinbutton', { name: 'Seed' })).toHaveValue('7');
  await expect(page.getByRole('spinbutton', { name: 'At most' })).toHaveValue('3');
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.getByRole('button', { name: 'Copy link' }).click();
  const link = new URL(await page.evaluate(() => navigator.clipboard.readText()));
  expect(Object.fromEntries(link.searchParams)).toMatchObject({
    sample: 'phantom-size',
    seed: '7',
    count: '2-3',
    device: 'cpu',
    score: '0.35',
    iou: '0.3',
    region: 'box',
  });
});

test('a row of the table and its mark in the image are one', async ({ desk, page }) => {
  await desk.open();
  const selected = desk.rows.and(page.locator('.selected'));
  await desk.rows.nth(2).getByRole('button').click();
  await expect(desk.rows.nth(2)).toHaveClass(/selected/);
  const viewer = page.getByRole('application');
  await viewer.focus();
  await page.keyboard.press('Escape');
  await expect(selected).toHaveCount(0);
  await page.keyboard.press('n');
  await expect(selected).toHaveCount(1);
  // The other way: a click on the image, where the first row says that its box is.
  await page.keyboard.press('0');
  const [left = 0, top = 0, width = 0, height = 0] = numbers(
    await desk.rows.first().locator('td').last().textContent(),
  );
  const [columns = 1, lines = 1] = numbers((await desk.image.locator('.file span').textContent()) ?? '');
  const box = await viewer.boundingBox();
  if (box === null) throw new Error('the viewer has no place');
  const scale = Math.min((box.width - 24) / columns, (box.height - 24) / lines);
  const x = (left + width / 2 - columns / 2) * scale + box.width / 2;
  const y = (top + height / 2 - lines / 2) * scale + box.height / 2;
  await viewer.click({ position: { x, y } });
  await expect(desk.rows.first()).toHaveClass(/selected/);
});

test('a phantom is made anew when a knob is turned', async ({ desk, page }) => {
  await desk.open('?sample=phantom-shape&seed=1');
  const before = await page.getByRole('application').getAttribute('aria-label');
  await page.getByRole('button', { name: 'Next' }).click();
  await expect(desk.image).toContainText('phantom-shape-2.png');
  await desk.settled();
  expect(await page.getByRole('application').getAttribute('aria-label')).not.toBe(before);
  expect(new URL(page.url()).searchParams.get('seed')).toBe('2');
});

test('the image is zoomed and moved with the mouse', async ({ desk, page }) => {
  await desk.open(SMALL);
  const zoom = page.getByRole('button', { name: /Show the whole image/ });
  const percent = async () => numbers(await zoom.textContent())[0] ?? 0;
  const whole = await percent();
  const before = await desk.drawn();
  await page.getByRole('application').hover();
  await page.mouse.wheel(0, -400);
  await expect.poll(percent).toBeGreaterThan(whole);
  await page.mouse.down();
  await page.mouse.move(200, 200, { steps: 4 });
  await page.mouse.up();
  await expect.poll(() => desk.drawn()).not.toBe(before);
  await zoom.click();
  await expect.poll(percent).toBe(whole);
  await expect.poll(() => desk.drawn()).toBe(before);
});

/** Two images in folders of their own, with their truth in others. */
function study(folder: string): void {
  for (const [seed, group] of ['left', 'right'].entries()) {
    const { image, labels } = piece(seed + 1);
    const files = {
      [`images/${group}/1.tif`]: tiff16('', image),
      [`masks/${group}/1.png`]: png('', labels, 16),
    };
    for (const [path, { buffer }] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), buffer);
    }
  }
}

test('a folder is read with its folders, and what belongs together is found', async ({
  desk,
  page,
}, testInfo) => {
  await desk.open(SMALL);
  const folder = testInfo.outputPath('study');
  study(folder);
  await desk.approach();
  desk.guard.filesOpened();
  await page.getByLabel('A folder of yours').setInputFiles(folder);
  await expect(desk.cases).toContainText('2 of 2 done', { timeout: 60_000 });
  await desk.settled();
  expect(await desk.problems.count()).toBe(0);
  for (const group of ['left', 'right']) {
    await expect(desk.cases.getByRole('button', { name: `${group}/1.tif` })).toBeVisible();
  }
  await expect(page.getByTestId('metric-f1')).toHaveText(/\d/);
});

test('a folder is dropped with its folders', async ({ desk, page }, testInfo) => {
  await desk.open(SMALL);
  const folder = testInfo.outputPath('study');
  study(folder);
  await desk.approach();
  desk.guard.filesOpened();
  // A folder comes from the desktop only; no script can make its entry.
  const browser = await page.context().newCDPSession(page);
  const data = { items: [], files: [folder], dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
    await browser.send('Input.dispatchDragEvent', { type, x: 400, y: 300, data });
  }
  await expect(desk.cases).toContainText('2 of 2 done', { timeout: 60_000 });
  await desk.settled();
  expect(await desk.problems.count()).toBe(0);
  await expect(desk.cases.getByRole('button', { name: 'right/1.tif' })).toBeVisible();
  await expect(page.getByTestId('metric-f1')).toHaveText(/\d/);
});

test('two fingers zoom the image about the place between them', async ({ desk, page }) => {
  await desk.open(SMALL);
  const zoom = page.getByRole('button', { name: /Show the whole image/ });
  const percent = async () => numbers(await zoom.textContent())[0] ?? 0;
  const whole = await percent();
  const box = await page.getByRole('application').boundingBox();
  if (box === null) throw new Error('the viewer has no place');
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  const browser = await page.context().newCDPSession(page);
  const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', gap: number | null) =>
    browser.send('Input.dispatchTouchEvent', {
      type,
      touchPoints:
        gap === null
          ? []
          : [
              { x: x - gap / 2, y, id: 0 },
              { x: x + gap / 2, y, id: 1 },
            ],
    });
  await touch('touchStart', 80);
  for (const gap of [100, 120, 140, 160]) await touch('touchMove', gap);
  await touch('touchEnd', null);
  // Twice as far apart, twice as large.
  await expect.poll(async () => Math.round((10 * (await percent())) / whole)).toBe(20);
  await touch('touchStart', 160);
  for (const gap of [120, 80]) await touch('touchMove', gap);
  await touch('touchEnd', null);
  await expect.poll(async () => Math.round((10 * (await percent())) / whole)).toBe(10);
});
