/** Evaluation with intervals, groups and a second model, of the open set and of files made elsewhere. */
import { readFileSync } from 'node:fs';
import AxeBuilder from '@axe-core/playwright';
import type { Locator, Page } from '@playwright/test';
import { attributes, predictions, truth } from '../wasm/evaluation.files.js';
import { expect, type Guard, SMALL, test } from './fixtures';
import { piece, png, type TestFile, text, tiff16 } from './images';

/** The dialog, by what a person sees of it. */
class Evaluation {
  readonly dialog: Locator;
  readonly #page: Page;
  readonly #guard: Guard;

  constructor(page: Page, guard: Guard) {
    this.#page = page;
    this.#guard = guard;
    this.dialog = page.getByRole('dialog', { name: 'Evaluation' });
  }

  get alert(): Locator {
    return this.dialog.getByRole('alert');
  }

  get evaluate(): Locator {
    return this.dialog.getByRole('button', { name: 'Evaluate', exact: true });
  }

  get headline(): Locator {
    return this.dialog.getByTestId('evaluation-headline');
  }

  async open(): Promise<void> {
    // The module that has every metric is loaded when it is asked for.
    await this.#guard.whileAsking(async () => {
      await this.#page.getByRole('button', { name: /^Evaluate: / }).click();
      await expect(this.dialog).toBeVisible();
      await expect(this.dialog.getByRole('option', { name: 'coco', exact: true })).toBeAttached();
    });
  }

  /** Opens the dialog on files; each is one `[label, file]`. */
  async choose(files: [RegExp, TestFile][]): Promise<void> {
    await this.dialog.getByRole('radio', { name: /from files/ }).check();
    for (const [label, file] of files) await this.dialog.getByLabel(label).setInputFiles(file);
  }

  async resamples(count: number): Promise<void> {
    await this.dialog.getByRole('combobox', { name: 'Resamples' }).selectOption(String(count));
  }

  async seed(seed: number): Promise<void> {
    const box = this.dialog.getByRole('spinbutton', { name: 'Seed' });
    if (!(await box.isVisible())) await this.dialog.getByText('More settings').click();
    await box.fill(String(seed));
  }

  async run(): Promise<void> {
    await this.evaluate.click();
    await expect(this.evaluate).toBeEnabled({ timeout: 60_000 });
  }

  async value(id: string): Promise<string> {
    return (await this.dialog.getByTestId(`value-${id}`).first().textContent()) ?? '';
  }

  async saved(form: 'JSON' | 'CSV' | 'HTML'): Promise<string> {
    const [download] = await Promise.all([
      this.#page.waitForEvent('download'),
      this.dialog.getByRole('button', { name: form, exact: true }).click(),
    ]);
    expect(download.suggestedFilename()).toBe(`report.${form.toLowerCase()}`);
    return readFileSync(await download.path(), 'utf8');
  }
}

const TRUTH: [RegExp, TestFile] = [/^Truth COCO/, text('truth.json', truth())];
const FIRST: [RegExp, TestFile] = [/^Predictions COCO/, text('first.json', predictions(0))];
const SECOND: [RegExp, TestFile] = [/^A second model/, text('second.json', predictions(1))];
const ATTRIBUTES: [RegExp, TestFile] = [/^Attributes/, text('attributes.csv', attributes())];

test('the open set is evaluated with intervals, and the same seed gives the same bytes', async ({
  desk,
  guard,
  page,
}) => {
  await desk.open(SMALL);
  const files = [0, 1, 2].flatMap((seed) => {
    const { image, labels } = piece(seed);
    return [tiff16(`${seed}.tif`, image), png(`${seed}_mask.png`, labels, 16)];
  });
  await desk.pick(...files);
  await desk.settled();
  const shown = await page.getByTestId('metric-f1').textContent();
  const evaluation = new Evaluation(page, guard);
  await evaluation.open();
  await evaluation.resamples(200);
  await evaluation.run();
  await expect(evaluation.headline).toContainText('3 cases');
  expect(await evaluation.value('f1')).toBe(shown);
  const interval = await evaluation.dialog.getByTestId('interval-f1').textContent();
  const [low = 1, high = 0] = (interval ?? '').split(' to ').map(Number);
  expect(low).toBeLessThanOrEqual(Number(shown));
  expect(high).toBeGreaterThanOrEqual(Number(shown));

  const first = await evaluation.saved('JSON');
  expect(JSON.parse(first).schema).toBe('groundglass.report/1');
  expect(Object.keys(JSON.parse(first).data)).toHaveLength(files.length);
  await evaluation.run();
  expect(await evaluation.saved('JSON')).toBe(first);
  await evaluation.seed(5);
  await evaluation.run();
  expect(await evaluation.saved('JSON')).not.toBe(first);

  // A point of a curve leads to the cases that are at fault there, and a case to its image.
  const curve = evaluation.dialog.getByRole('slider').first();
  await curve.focus();
  await page.keyboard.press('End');
  await expect(curve).toHaveAttribute('aria-valuetext', /Score 0\.\d+/);
  await page.keyboard.press('Enter');
  const behind = evaluation.dialog.getByRole('list', { name: /Cases with a fault/ });
  await behind.getByRole('button', { name: /\.tif/ }).first().click();
  await expect(evaluation.dialog).toBeHidden();
  await expect(desk.image).toContainText('.tif');
});

test('two models are compared and groups told apart, without any request', async ({ desk, guard, page }) => {
  await desk.open(SMALL);
  const before = guard.requests.length;
  guard.filesOpened();
  const evaluation = new Evaluation(page, guard);
  await evaluation.open();
  await evaluation.choose([TRUTH, FIRST, SECOND, ATTRIBUTES]);
  await evaluation.dialog.getByLabel('Group by').fill('site');
  await evaluation.resamples(200);
  await evaluation.run();
  await expect(evaluation.headline).toContainText('18 cases');
  const gaps = evaluation.dialog.getByRole('table', { name: 'Gaps between groups' });
  await expect(gaps.getByRole('row').filter({ hasText: 'F1 score' }).first()).toContainText(/A \d+, B \d+/);
  const comparison = evaluation.dialog.getByRole('table', { name: 'First model against the second' });
  await expect(comparison.getByRole('row').filter({ hasText: 'AP50' }).first()).toContainText(/ to /);
  const whole = await evaluation.value('recall');
  await evaluation.dialog.getByRole('combobox', { name: 'Group', exact: true }).selectOption('A');
  expect(await evaluation.value('recall')).not.toBe(whole);
  await evaluation.dialog.getByRole('searchbox').fill('nothing of this name');
  await expect(evaluation.dialog).toContainText('No value has this name');
  expect(JSON.parse(await evaluation.saved('JSON')).comparison.lines.length).toBeGreaterThan(3);
  expect(await evaluation.saved('CSV')).toMatch(/^[a-z_,]+\n/);
  expect(await evaluation.saved('HTML')).toMatch(/^<!doctype html>/i);
  const [chart] = await Promise.all([
    page.waitForEvent('download'),
    evaluation.dialog.getByRole('button', { name: 'Save SVG' }).first().click(),
  ]);
  expect(readFileSync(await chart.path(), 'utf8')).toMatch(/^<svg [^>]*xmlns=.*<rect [^>]*fill="#.*<path /s);
  // The module that was asked for, and nothing else.
  expect(guard.requests.slice(before)).toEqual([expect.stringContaining('groundglass_evaluation')]);
  await page.keyboard.press('Escape');
  await expect(evaluation.dialog).toBeHidden();
  await expect(page.getByTestId('privacy')).toHaveText('0 requests since your files');
  // What was chosen and what came out are still there.
  await evaluation.open();
  await expect(evaluation.headline).toContainText('18 cases');
  await expect(evaluation.dialog.getByLabel(/^Truth COCO/)).toHaveValue(/truth\.json$/);
});

test('an evaluation shows how far it is and is cancelled at once', async ({ desk, guard, page }) => {
  await desk.open(SMALL);
  guard.filesOpened();
  const evaluation = new Evaluation(page, guard);
  await evaluation.open();
  await evaluation.choose([TRUTH, FIRST, SECOND, ATTRIBUTES]);
  await evaluation.resamples(2000);
  await evaluation.evaluate.click();
  await expect(evaluation.dialog.getByTestId('evaluation-progress')).toContainText(/Preparing|resamples/);
  await evaluation.dialog.getByRole('button', { name: 'Cancel' }).click();
  await expect(evaluation.evaluate).toBeEnabled({ timeout: 2000 });
  await expect(evaluation.headline).toHaveCount(0);
  await expect(evaluation.alert).toHaveCount(0);
  await evaluation.resamples(0);
  await evaluation.run();
  await expect(evaluation.headline).toContainText('18 cases');
});

test('classes of a table have a confusion table, whose cells tell their cases', async ({
  desk,
  guard,
  page,
}) => {
  await desk.open(SMALL);
  guard.filesOpened();
  const evaluation = new Evaluation(page, guard);
  await evaluation.open();
  const labels = ['benign', 'malignant'];
  const rows = Array.from({ length: 20 }, (_, index) => index);
  const said = (index: number) => (index % 5 === 0 ? 0.3 : 0.7) + index / 100;
  await evaluation.choose([
    [
      /^Truth/,
      text('truth.csv', ['case,label', ...rows.map((i) => `c${i},${labels[i % 2]}`), ''].join('\n')),
    ],
    [
      /^Predictions COCO/,
      text(
        'scores.csv',
        [
          'case,benign,malignant',
          ...rows.map((i) => {
            const right = said(i).toFixed(2);
            const wrong = (1 - said(i)).toFixed(2);
            return i % 2 === 0 ? `c${i},${right},${wrong}` : `c${i},${wrong},${right}`;
          }),
          '',
        ].join('\n'),
      ),
    ],
  ]);
  await evaluation.run();
  await expect(evaluation.headline).toContainText('20 cases');
  const cell = evaluation.dialog.getByRole('button', { name: /Truth benign, predicted malignant: [1-9]/ });
  await cell.click();
  await expect(cell).toHaveAttribute('aria-pressed', 'true');
  await expect(evaluation.dialog.getByText(/^c\d+$/).first()).toBeVisible();
  // The same truth under names that say nothing, and then said.
  const renamed = ['scan,biopsy', ...rows.map((i) => `c${i},${labels[i % 2]}`), ''].join('\n');
  await evaluation.choose([[/^Truth COCO/, text('renamed.csv', renamed)]]);
  await evaluation.run();
  await expect(evaluation.alert).toContainText('no column names the case');
  await evaluation.dialog.getByText('Columns of the tables').click();
  await evaluation.dialog.getByLabel('Case or image').fill('scan');
  await evaluation.dialog.getByLabel('True class').fill('biopsy');
  await evaluation.run();
  await expect(evaluation.alert).toHaveCount(0);
  await expect(evaluation.headline).toContainText('20 cases');
  await expect(cell).toBeVisible();
});

test('a bad file is one clear message, and a good one in its place is evaluated', async ({
  desk,
  guard,
  page,
}) => {
  await desk.open(SMALL);
  guard.filesOpened();
  const evaluation = new Evaluation(page, guard);
  await evaluation.open();
  await expect(evaluation.evaluate).toBeEnabled();
  await evaluation.choose([TRUTH]);
  await expect(evaluation.evaluate).toBeDisabled();
  await evaluation.choose([[/^Predictions COCO/, text('broken.json', '[{"image_id": 1,')]]);
  await evaluation.run();
  await expect(evaluation.alert).toHaveCount(1);
  await expect(evaluation.alert).toContainText('broken.json');
  await evaluation.choose([FIRST]);
  await evaluation.run();
  await expect(evaluation.alert).toHaveCount(0);
  await expect(evaluation.headline).toContainText('18 cases');
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`the dialog has no fault that axe finds and fits a phone, ${colorScheme}`, async ({
    desk,
    guard,
    page,
  }) => {
    await page.emulateMedia({ colorScheme });
    await desk.open(SMALL);
    guard.filesOpened();
    const evaluation = new Evaluation(page, guard);
    await evaluation.open();
    expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
    await evaluation.choose([TRUTH, FIRST, SECOND, ATTRIBUTES]);
    await evaluation.dialog.getByLabel('Group by').fill('site');
    await evaluation.resamples(200);
    await evaluation.run();
    expect((await new AxeBuilder({ page }).include('dialog').analyze()).violations).toEqual([]);
    // Escape puts an explanation away first, and the dialog only then.
    await evaluation.dialog.getByRole('button', { name: 'F1 score' }).first().focus();
    await expect(page.getByRole('tooltip')).toContainText('2 TP');
    await page.keyboard.press('Escape');
    await expect(page.getByRole('tooltip')).toHaveCount(0);
    await expect(evaluation.dialog).toBeVisible();
    await page.setViewportSize({ width: 390, height: 844 });
    const wide = await evaluation.dialog.evaluate((dialog) =>
      [dialog, ...dialog.querySelectorAll<HTMLElement>('.body, .card, form')]
        .filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth + 1)
        .map(({ className, tagName }) => `${tagName} ${className}`),
    );
    expect(wide).toEqual([]);
    await page.keyboard.press('Escape');
    await expect(evaluation.dialog).toBeHidden();
    await expect(page.getByRole('button', { name: /^Evaluate: / })).toBeFocused();
  });
}
