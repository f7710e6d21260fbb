/** For everybody: rules that a program can check, the keyboard, small screens. */
import AxeBuilder from '@axe-core/playwright';
import { expect, SMALL, test } from './fixtures';
import { piece, png, tiff16 } from './images';

for (const colorScheme of ['light', 'dark'] as const) {
  test(`no fault that axe finds, ${colorScheme}`, async ({ desk, page }) => {
    await page.emulateMedia({ colorScheme });
    await desk.open(SMALL);
    expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
    await desk.pick(
      tiff16('a.tif', piece(0).image),
      png('a_mask.png', piece(0).labels, 16),
      png('b.png', piece(1).image),
    );
    await desk.settled();
    await page.getByTestId('device').click();
    expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
  });
}

test('the way through the page by keyboard', async ({ desk, page }) => {
  await desk.open(SMALL);
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to the image' })).toBeFocused();
  const viewer = page.getByRole('application');
  await viewer.focus();
  const zoom = page.getByRole('button', { name: /Show the whole image/ });
  const whole = await zoom.textContent();
  await page.keyboard.press('+');
  await expect(zoom).not.toHaveText(whole ?? '');
  await page.keyboard.press('0');
  await expect(zoom).toHaveText(whole ?? '');
  await page.keyboard.press('m');
  await expect(page.getByRole('button', { name: 'Masks' })).toHaveAttribute('aria-pressed', 'false');
  await desk.score.focus();
  const before = await desk.score.inputValue();
  await page.keyboard.press('ArrowRight');
  await expect(desk.score).not.toHaveValue(before);
  // The convention of a metric shows on focus and leaves on Escape.
  const metric = page.getByRole('button', { name: 'F1 score' });
  await metric.focus();
  await expect(page.getByRole('tooltip')).toBeVisible();
  await expect(page.getByRole('tooltip')).toContainText('2 TP / (2 TP + FP + FN)');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('tooltip')).toHaveCount(0);
});

test('a phone shows everything without scrolling sideways', async ({ desk, page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await desk.open(SMALL);
  await desk.pick(
    tiff16('a-rather-long-name-of-an-image-file-0001.tif', piece(0).image),
    tiff16('b.tif', piece(1).image),
  );
  await desk.settled();
  const wide = await page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('html, .panel, .panel section, .scroll')]
      .filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth + 1)
      .map(({ className, tagName }) => `${tagName} ${className}`),
  );
  expect(wide).toEqual([]);
  await expect(desk.score).toBeVisible();
  await expect(desk.findings).toBeVisible();
});
