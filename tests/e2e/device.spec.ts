/** Without a graphics adapter everything runs on the CPU, and the page says so. */
import { expect, test } from './fixtures';

test('without an adapter the CPU is used and the large module is not downloaded', async ({
  desk,
  guard,
  page,
}) => {
  await desk.open('?sample=phantom-shape&seed=1');
  await expect(page.getByTestId('device')).toHaveText(/CPU/);
  expect(guard.requests.filter((url) => url.includes('groundglass_gpu'))).toEqual([]);
  expect(guard.requests.filter((url) => url.includes('groundglass_cpu'))).toHaveLength(1);
});

test('who asks for WebGPU without an adapter is told why it is not used', async ({ desk, guard, page }) => {
  await desk.open('?sample=phantom-shape&seed=1&device=gpu');
  await expect(page.getByTestId('device')).toHaveText(/CPU/);
  await expect(page.getByRole('alert')).toContainText(/WebGPU.*The CPU is used/);
  expect(guard.requests.filter((url) => url.includes('groundglass_gpu'))).toEqual([]);
  await expect(page.getByTestId('true_positives')).toHaveText(/^\d+$/);
});

test('a module that cannot be downloaded is told plainly', async ({ desk, page }) => {
  await page.route('**/*cpu_bg*.wasm', (route) => route.fulfill({ status: 503, body: '' }));
  await desk.visit('?sample=phantom-shape&seed=1');
  await expect(page.getByRole('alert').filter({ hasText: /could not be downloaded.*503/ })).not.toHaveCount(
    0,
  );
  // The image and its truth are there all the same.
  await expect(desk.image).toContainText('phantom-shape-1.png');
});
