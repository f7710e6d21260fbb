/** The picture in the README, made only when `SCREENSHOT` is set. */
import { fileURLToPath } from 'node:url';
import { test } from './fixtures';

test.skip(process.env.SCREENSHOT === undefined, 'SCREENSHOT is not set');
test.use({ viewport: { width: 1440, height: 900 }, deviceScaleFactor: 2 });

test('the page as it opens', async ({ desk, page }) => {
  await desk.open();
  await desk.rows.nth(4).getByRole('button').click();
  await page.mouse.move(0, 0);
  await page.screenshot({ path: fileURLToPath(new URL('../../docs/screenshot.png', import.meta.url)) });
});
