/** WebGPU, computed by SwiftShader: slow and right. The smallest model on a phantom, held against the CPU. */
import { expect, test } from './fixtures';

interface Result {
  bbox: [number, number, number, number];
  score: number;
  category_id: number;
}

test('WebGPU finds what the CPU finds', async ({ desk, guard, page }) => {
  test.setTimeout(300_000);
  await desk.open('?sample=phantom-shape&seed=4&model=donuts');
  // An adapter that is software is not worth its download unless it is asked for.
  await expect(page.getByTestId('device')).toHaveText(/CPU/);
  await page.getByTestId('device').click();
  await expect(page.getByText(/The only WebGPU adapter is software/)).toBeVisible();
  await page.keyboard.press('Escape');
  expect(guard.requests.filter((url) => url.includes('groundglass_gpu'))).toEqual([]);

  const onCpu: Result[] = (await desk.exported('Predictions')).json;
  expect(onCpu.length).toBeGreaterThan(0);

  await page.getByRole('combobox', { name: 'Device' }).selectOption('gpu');
  await expect(page.getByTestId('device')).toHaveText(/WebGPU/, { timeout: 120_000 });
  await desk.settled(150_000);
  expect(guard.requests.filter((url) => url.includes('groundglass_gpu'))).toHaveLength(1);
  await page.getByTestId('device').click();
  await expect(page.getByTestId('agreement')).toContainText('agrees with the known answer');
  const onGpu: Result[] = (await desk.exported('Predictions')).json;

  expect(onGpu).toHaveLength(onCpu.length);
  // In any order: equal scores may change places.
  for (const { bbox, score, category_id } of onCpu) {
    const near = onGpu.filter(
      (other) =>
        other.category_id === category_id &&
        Math.abs(other.score - score) < 1e-3 &&
        other.bbox.every((edge, side) => Math.abs(edge - (bbox[side] ?? Number.NaN)) < 0.05),
    );
    expect(near, `a finding of the GPU like ${JSON.stringify({ bbox, score })}`).not.toHaveLength(0);
  }
});
