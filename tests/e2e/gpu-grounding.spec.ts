/** A model that is asked in words on WebGPU, computed by SwiftShader, held against the CPU and against transformers. */

import { expect, SMALL, test } from './fixtures';
import { answers, ask, load } from './florence';

test('WebGPU writes the tokens that the CPU writes', async ({ desk, page }) => {
  test.setTimeout(400_000);
  const said: string[] = [];
  for (const device of ['cpu', 'gpu']) {
    await load(desk, page, `${SMALL}&device=${device}`);
    await expect(page.getByTestId('device')).toHaveText(device === 'cpu' ? /CPU/ : /WebGPU/);
    await ask(page, 'a disc');
    await expect(answers(page).getByRole('article')).toHaveCount(1, { timeout: 120_000 });
    await desk.settled(120_000);
    await page.getByText(/tokens, probability/).click();
    said.push(await answers(page).locator('.text').innerText());
  }
  expect(said[0]?.length).toBeGreaterThan(40);
  expect(said[1]).toBe(said[0]);
});
