/** A model that is asked in words. */
import AxeBuilder from '@axe-core/playwright';

import { type Desk, expect, SMALL, test } from './fixtures';
import { answers, ask, choose, load, PARTS, PATIENCE, part, pickParts } from './florence';
import { piece, png, stretched } from './images';

test('a phrase is typed, and its boxes appear with their words and probabilities', async ({ desk, page }) => {
  await load(desk, page);
  await expect(desk.findings).toContainText('Nothing has been asked about this image yet.');
  await page.getByText('How it is asked').click();
  await page.getByLabel('Tokens at most').fill('100');
  await page
    .getByRole('combobox', { name: 'As', exact: true })
    .selectOption({ label: 'Referring segmentation' });
  await ask(page, 'a disc');
  await expect(answers(page).getByRole('article')).toHaveCount(1);
  await desk.settled();
  const found = answers(page).getByRole('listitem');
  expect(await found.count()).toBeGreaterThan(0);
  // Every finding is a row, and pointing at its words marks it.
  await expect(desk.rows).toHaveCount((await found.count()) + (await missed(desk)));
  await found.first().getByRole('button').click();
  await expect(desk.findings.getByRole('button', { pressed: true })).toHaveCount(1);
  await page.getByText(/tokens, probability/).click();
  await expect(answers(page).locator('.place').first()).toBeVisible();
  await page.getByRole('button', { name: 'Knowledge list' }).click();
  await page.getByText(/^The list/).click();
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
  await page.getByRole('button', { name: 'Phrases', exact: true }).click();

  await page
    .getByRole('combobox', { name: 'As', exact: true })
    .selectOption({ label: 'Caption to phrase grounding' });
  await ask(page, 'a disc\na ring');
  await expect(answers(page).getByRole('article')).toHaveCount(2);
  await expect(answers(page)).toContainText('Locate the phrases in the caption: a ring');
});

async function missed(desk: Desk): Promise<number> {
  return desk.rows.filter({ hasText: 'Missed' }).count();
}

test('what the model needs and what lacks is said before anything is loaded', async ({ desk, page }) => {
  await desk.open(SMALL);
  await choose(page);
  await pickParts(page, [part('config.json')]);
  await expect(page.getByText('Still needed: tokenizer.json, the weights (.safetensors).')).toBeVisible();
  await expect(
    page.getByText(/0\.1\s+million parameters, an input of 768 × 768 pixels\. At most about/),
  ).toBeVisible(PATIENCE);
  await expect(page.getByRole('button', { name: 'Load the model' })).toBeDisabled();
  await pickParts(page, PARTS.map(part));
  await expect(page.getByText(/an input of 64 × 64 pixels/)).toBeVisible();
  await expect(page.getByRole('button', { name: 'Load the model' })).toBeEnabled();
});

test('a wrong file is named, and the model before it goes on', async ({ desk, page }) => {
  await desk.open(SMALL);
  const before = await desk.rows.count();
  await choose(page);
  const whole = part('model.safetensors');
  const cut = { ...whole, buffer: whole.buffer.subarray(0, 100_000) };
  await pickParts(page, [...PARTS.filter((name) => name !== whole.name).map(part), cut]);
  await page.getByRole('button', { name: 'Load the model' }).click();
  await expect(page.getByRole('alert')).toContainText(
    'model.safetensors is not a safetensors file, or it is cut off',
  );
  const config = JSON.parse(part('config.json').buffer.toString());
  config.text_config.decoder_layers = 5;
  await pickParts(page, [whole, { ...part('config.json'), buffer: Buffer.from(JSON.stringify(config)) }]);
  await page.getByRole('button', { name: 'Load the model' }).click();
  await expect(page.getByRole('alert')).toContainText(/does not fit its configuration.*decoder\.layers/);
  await pickParts(page, [{ ...part('config.json'), buffer: Buffer.from('{') }]);
  await expect(page.getByRole('alert')).toContainText('config.json');
  await pickParts(page, [
    { name: 'tokenizer.json', mimeType: '', buffer: Buffer.from('[]') },
    part('config.json'),
  ]);
  await page.getByRole('button', { name: 'Load the model' }).click();
  await expect(page.getByRole('alert')).toContainText('tokenizer.json');
  // What was there before is there still, and runs.
  await page.getByRole('combobox', { name: 'Model' }).selectOption({ index: 0 });
  await desk.settled();
  expect(await desk.rows.count()).toBeGreaterThan(0);
  expect(before).toBeGreaterThan(0);
});

test('an answer is cancelled in the middle, and the next question is answered', async ({ desk, page }) => {
  await load(desk, page);
  await page.getByText('How it is asked').click();
  await page.getByLabel('Tokens at most').fill('100');
  await page.getByLabel('Beams').fill('32');
  const list = Array.from({ length: 60 }, (_, place) => `phrase ${place}`).join('\n');
  await ask(page, list);
  await expect(answers(page)).toContainText('tokens so far');
  await page.getByRole('button', { name: /^Cancel/ }).click();
  await desk.settled();
  await expect(answers(page)).toHaveCount(0);
  await expect(desk.findings).toContainText('Nothing has been asked about this image yet.');
  await page.getByLabel('Beams').fill('1');
  await ask(page, 'a disc');
  await expect(answers(page).getByRole('article')).toHaveCount(1);
});

test('a whole set is asked, with definitions and by bare names, and the two are compared', async ({
  desk,
  page,
}) => {
  test.setTimeout(120_000);
  await load(desk, page);
  const files = [0, 1].flatMap((place) => {
    const { image, labels } = piece(place);
    return [png(`field${place}.png`, stretched(image)), png(`field${place}_mask.png`, labels, 16)];
  });
  await desk.pick(...files);
  await expect(desk.image).toContainText('field0.png');
  await desk.settled();
  await desk.guard.whileAsking(async () => {
    await page.getByRole('button', { name: 'Knowledge list' }).click();
    await page.getByText(/^The list/).click();
    const own = {
      name: 'own.yaml',
      mimeType: '',
      buffer: Buffer.from('nucleus: A round bright body.\nring: A ring.\n'),
    };
    await page.getByLabel('Import a knowledge list, YAML or JSON').setInputFiles(own);
    await expect(page.getByLabel('Definition of nucleus')).toHaveValue('A round bright body.');
    await page
      .getByRole('combobox', { name: 'With' })
      .selectOption({ label: 'Both in turn, to compare them' });
    await page.getByRole('button', { name: 'Ask of all 2 images' }).click();
    await expect(desk.cases).toContainText('2 of 2 done', { timeout: 60_000 });
    await desk.settled();
    await expect(answers(page).getByRole('article')).toHaveCount(4);
    await expect(answers(page)).toContainText('nucleus means A round bright body...');
    await expect(answers(page)).toContainText('Bare names');
    await page.getByRole('button', { name: /^Evaluate/ }).click();
    await page.getByRole('combobox', { name: 'Resamples' }).selectOption('200');
    await page.getByRole('button', { name: 'Evaluate', exact: true }).click();
    const comparison = page.getByRole('region', { name: 'With definitions against bare names' });
    await expect(comparison).toBeVisible({ timeout: 60_000 });
    await expect(comparison.getByRole('row').filter({ hasText: 'AP50' }).first()).toBeVisible();
  });
});

test('a model beside the site is fetched when it is asked for, goes on where it was cut, and is deleted', async ({
  desk,
  guard,
  page,
}) => {
  const files = PARTS.map((name) => ({ name, bytes: part(name).buffer.byteLength }));
  await page.route('**/models/index.json', async (route) => {
    const response = await route.fetch();
    const offered = { name: 'small', title: 'A small one', address: './models/small/', files };
    await route.fulfill({ json: [...(await response.json()), offered] });
  });
  const asked: string[] = [];
  let broken = true;
  let huge = true;
  await page.route('**/models/small/*', async (route) => {
    const name = route.request().url().split('/').at(-1) ?? '';
    asked.push(name);
    if (name === 'tokenizer.json' && broken) return route.abort();
    const config = JSON.parse(part('config.json').buffer.toString());
    Object.assign(config.text_config, { vocab_size: 1_000_000, d_model: 4096 });
    config.vision_config.projection_dim = 4096;
    const body = name === 'config.json' && huge ? Buffer.from(JSON.stringify(config)) : part(name).buffer;
    return route.fulfill({ body, headers: { etag: '"one"' } });
  });
  guard.allow(...PARTS.map((name) => `models/small/${name}`));
  await desk.open(SMALL);
  expect(asked).toEqual([]);
  await choose(page);
  const button = page.getByRole('button', { name: /^Load .* from this site$/ });
  await button.click();
  // What this device cannot hold is not fetched.
  await expect(page.getByRole('alert')).toContainText('the model is too large', PATIENCE);
  expect(asked).not.toContain('model.safetensors');
  huge = false;
  await button.click();
  await expect(page.getByRole('alert')).toContainText('tokenizer.json could not be downloaded');
  broken = false;
  const before = asked.length;
  await button.click();
  await expect(page.getByRole('list', { name: 'Files that are chosen' })).toContainText('model.safetensors');
  // What was there is not fetched again.
  expect(asked.slice(before)).not.toContain('model.safetensors');
  expect(asked.at(-1)).toBe('tokenizer.json');
  const all = asked.length;
  await page.getByRole('button', { name: 'Load the model' }).click();
  await expect(page.getByRole('region', { name: 'Ask', exact: true })).toBeVisible(PATIENCE);

  await page.reload();
  await desk.settled();
  await choose(page);
  await page.getByRole('button', { name: 'Use A small one' }).click();
  await expect(page.getByRole('button', { name: 'Load the model' })).toBeEnabled();
  expect(asked).toHaveLength(all);
  await page.getByRole('button', { name: 'Delete A small one' }).click();
  await page.getByRole('button', { name: 'Really delete A small one' }).click();
  await expect(page.getByRole('button', { name: 'Use A small one' })).toHaveCount(0);
});
