/** WebGPU, computed by SwiftShader: slow and right. A tiny model on a small image, held against the CPU. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, SMALL, test } from './fixtures';
import { piece, tiff16 } from './images';

const tiny = {
  name: 'tiny.safetensors',
  mimeType: 'application/octet-stream',
  buffer: readFileSync(fileURLToPath(new URL('files/tiny.safetensors', import.meta.url))),
};

interface Result {
  bbox: [number, number, number, number];
  score: number;
  category_id: number;
}

test('WebGPU finds what the CPU finds', async ({ desk, guard, page }) => {
  test.setTimeout(180_000);
  await desk.open(SMALL);
  // An adapter that is software is not worth its download unless it is asked for.
  await expect(page.getByTestId('device')).toHaveText(/CPU/);
  await page.getByTestId('device').click();
  await expect(page.getByText(/The only WebGPU adapter is software/)).toBeVisible();
  await page.keyboard.press('Escape');
  expect(guard.requests.filter((url) => url.includes('groundglass_gpu'))).toEqual([]);

  await desk.pick(tiny, tiff16('field.tif', piece(2, 64).image));
  await desk.settled();
  const onCpu: Result[] = (await desk.exported('Predictions')).json;
  expect(onCpu.length).toBeGreaterThan(0);

  await guard.whileAsking(async () => {
    await page.getByRole('combobox', { name: 'Device' }).selectOption('gpu');
    await expect(page.getByTestId('device')).toHaveText(/WebGPU/, { timeout: 120_000 });
    await desk.settled(120_000);
  });
  expect(guard.requests.filter((url) => url.includes('groundglass_gpu'))).toHaveLength(1);
  await page.getByTestId('device').click();
  await expect(page.getByTestId('agreement')).toContainText('agrees with the known answer');
  const onGpu: Result[] = (await desk.exported('Predictions')).json;

  expect(onGpu).toHaveLength(onCpu.length);
  const byScore = (a: Result, b: Result) => b.score - a.score || (a.bbox[0] ?? 0) - (b.bbox[0] ?? 0);
  const [cpu, gpu] = [onCpu.toSorted(byScore), onGpu.toSorted(byScore)];
  cpu.forEach((result, index) => {
    const other = gpu[index];
    expect(other?.category_id).toBe(result.category_id);
    expect(Math.abs((other?.score ?? 2) - result.score)).toBeLessThan(1e-3);
    result.bbox.forEach((edge, side) => {
      expect(Math.abs((other?.bbox[side] ?? Number.NaN) - edge)).toBeLessThan(0.05);
    });
  });
});
