/** Nothing leaves the device: looked at from outside the page, and by what the page says itself. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, SMALL, test } from './fixtures';
import { piece, png, tiff16 } from './images';
import { DIST } from './server';

test('the policy names no other origin and allows no inline script', () => {
  const html = readFileSync(join(DIST, 'index.html'), 'utf8');
  const policy = /http-equiv="Content-Security-Policy"\s+content="([^"]*)"/.exec(html)?.[1] ?? '';
  const directives = Object.fromEntries(
    policy.split(';').map((directive) => {
      const [name = '', ...sources] = directive.trim().split(/\s+/);
      return [name, sources];
    }),
  );
  expect(directives['default-src']).toEqual(["'none'"]);
  expect(directives['connect-src']).toEqual(["'self'"]);
  expect(directives['script-src']).toEqual(["'self'", "'wasm-unsafe-eval'"]);
  expect(directives['style-src']).toEqual(["'self'"]);
  expect(directives['form-action']).toEqual(["'none'"]);
  expect(policy).not.toMatch(/https?:|\*|unsafe-inline|'unsafe-eval'/);
  const ours = html.replaceAll('http://www.w3.org/2000/svg', '');
  expect(ours).not.toMatch(/<script(?![^>]*\ssrc=)[^>]*>|<style|\son\w+=|https?:\/\//);
});

test('own files cause no request, and the page counts what the browser counts', async ({
  desk,
  guard,
  page,
}) => {
  await desk.open(SMALL);
  await expect(page.getByTestId('privacy')).toHaveText(`${guard.requests.length} requests`);
  const { image, labels } = piece(0);
  await desk.approach();
  const before = guard.requests.length;
  await desk.pick(tiff16('secret.tif', image), png('secret_mask.png', labels, 16));
  await desk.settled();
  await desk.slide(desk.score, 0.3);
  expect(guard.requests).toHaveLength(before);
  await expect(page.getByTestId('privacy')).toHaveText('0 requests since your files');
  await page.getByTestId('privacy').click();
  await expect(page.locator('.sheet li')).toHaveCount(before);
});

test('what reads the files is fetched before they are, also where nothing announced them', async ({
  desk,
  guard,
  page,
}) => {
  await desk.open(SMALL);
  const before = guard.requests.length;
  const { name, mimeType, buffer } = tiff16('sudden.tif', piece(0).image);
  await page
    .getByLabel('Files of yours: images, truth, or a model')
    .setInputFiles({ name, mimeType, buffer });
  await expect(desk.image).toContainText('sudden.tif');
  await desk.settled();
  expect(guard.requests).toHaveLength(before + 1);
  expect(guard.requests.at(-1)).toContain('intake');
  await expect(page.getByTestId('privacy')).toHaveText('0 requests since your files');
});

test('a model that the user asks for may be loaded, and that is counted', async ({ desk, guard, page }) => {
  await desk.open(SMALL);
  const model = page.getByRole('combobox', { name: 'Model' });
  const names = await model
    .locator('option')
    .evaluateAll((options) => options.map((option) => (option as HTMLOptionElement).value));
  const other = names.filter((name) => name !== 'own file').find((name) => name !== names[0]);
  test.skip(other === undefined, 'this site has one model only');
  const current = await model.inputValue();
  await desk.pick(tiff16('own.tif', piece(0).image));
  await desk.settled();
  const before = guard.requests.length;
  const wanted = names.find((name) => name !== current && name !== 'own file') ?? '';
  await guard.whileAsking(async () => {
    await model.selectOption(wanted);
    await expect.poll(() => guard.requests.length).toBe(before + 1);
    await desk.settled();
  });
  expect(guard.requests.at(-1)).toContain(`models/${wanted}.safetensors`);
  await expect(page.getByTestId('privacy')).toHaveText('1 request since your files');
});

test('neither the page nor a worker can speak to another site', async ({ desk, page }) => {
  await desk.open(SMALL);
  const tries = (address: string) =>
    fetch(address).then(
      () => 'answered',
      () => 'refused',
    );
  expect(await page.evaluate(tries, 'https://example.org/')).toBe('refused');
  const workers = page.workers();
  expect(workers).toHaveLength(2);
  for (const worker of workers) expect(await worker.evaluate(tries, 'https://example.org/')).toBe('refused');
  // Those were ours: the policy has refused them before they became requests, and has said so.
  const refusals = desk.faults.filter((fault) => fault.includes('Content Security Policy'));
  expect(refusals.length).toBeGreaterThan(0);
  desk.faults.length = 0;
});
