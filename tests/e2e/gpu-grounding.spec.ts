/** A model that is asked in words on WebGPU, computed by SwiftShader, held against the CPU and against transformers. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, SMALL, test } from './fixtures';
import { answers, ask, FOLDER, load, PARTS } from './florence';

test('WebGPU writes the tokens that the CPU writes', async ({ desk, page }) => {
  test.setTimeout(600_000);
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

const PKG = fileURLToPath(new URL('../../pkg/', import.meta.url));

interface Parity {
  device: string;
  agreement: number;
  furthest: Record<string, number>;
  greedy: number[];
  beams: number[];
}

test('features, encoder, logits and tokens on WebGPU are those of transformers', async ({ browser }) => {
  test.setTimeout(600_000);
  const expected = JSON.parse(readFileSync(join(FOLDER, 'expected.json'), 'utf8'));
  // The module itself, in a page of nothing else.
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.route('https://parity.test/**', (route) => {
    const path = new URL(route.request().url()).pathname;
    if (path === '/')
      return route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>parity</title>' });
    const [, kind = '', ...rest] = path.split('/');
    return route.fulfill({ path: join(kind === 'pkg' ? PKG : FOLDER, ...rest) });
  });
  await page.goto('https://parity.test/');
  const made: Parity = await page.evaluate(
    async ({ expected, parts }) => {
      const address = '/pkg/grounder_gpu/groundglass_grounder_gpu.js';
      const face = await import(address);
      await face.default();
      const engine = await face.Engine.create('gpu');
      const files = new face.GrounderFiles();
      for (const name of parts) await files.add(name, await (await fetch(`/small/${name}`)).blob());
      const goOn = async () => true;
      const info = await engine.load_grounder(files, goOn);
      const [width, height] = [56, 40];
      // The picture of make_small.py.
      const picture = Uint8Array.from({ length: width * height }, (_, place) => {
        const [x, y] = [place % width, Math.floor(place / width)];
        return (x * 7 + y * 13 + ((x * y) % 29) * 4) % 256;
      });
      await engine.look('picture', picture, width, height, 1, {}, goOn);
      const question = Uint32Array.from(expected.question);
      const trace = await engine.trace('picture', question);
      const furthest: Record<string, number> = {};
      for (const part of ['features', 'encoded', 'logits']) {
        const reference: number[] = expected[part];
        const numbers: Float32Array = trace[part];
        furthest[part] =
          numbers.length === reference.length
            ? numbers.reduce((most, number, at) => Math.max(most, Math.abs(number - (reference[at] ?? 0))), 0)
            : Number.POSITIVE_INFINITY;
      }
      const greedy = await engine.ask('picture', question, { beams: 1 }, goOn);
      const beams = await engine.ask('picture', question, {}, goOn);
      return {
        device: engine.device,
        agreement: info.agreement,
        furthest,
        greedy: greedy.tokens,
        beams: beams.tokens,
      };
    },
    { expected, parts: PARTS },
  );
  await context.close();
  expect(made.device).toBe('gpu');
  for (const [part, off] of Object.entries(made.furthest)) expect(off, part).toBeLessThan(1e-4);
  expect(made.greedy).toEqual(expected.greedy);
  expect(made.beams).toEqual(expected.beams);
});
