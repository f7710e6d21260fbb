/** The small Florence-2 of tests/reference in the page: what it says is nonsense, and always the same. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Locator, Page } from '@playwright/test';
import { type Desk, expect, SMALL } from './fixtures';
import type { TestFile } from './images';

export const FOLDER = fileURLToPath(new URL('../reference/florence2/small/', import.meta.url));
export const PARTS = readdirSync(FOLDER).filter((name) => name !== 'expected.json');
/** The modules that run it come when it is first chosen. */
export const PATIENCE = { timeout: 60_000 };

export const part = (name: string): TestFile => ({
  name,
  mimeType: 'application/octet-stream',
  buffer: readFileSync(join(FOLDER, name)),
});

export async function choose(page: Page): Promise<void> {
  await page.getByRole('combobox', { name: 'Model' }).selectOption({ label: 'Florence-2, asked in words …' });
}

export async function pickParts(page: Page, files: TestFile[]): Promise<void> {
  await page.getByLabel('Files of a Florence-2 model').setInputFiles(files);
}

export async function load(desk: Desk, page: Page, query = SMALL): Promise<void> {
  await desk.open(query);
  await choose(page);
  await pickParts(page, PARTS.map(part));
  const button = page.getByRole('button', { name: 'Load the model' });
  await expect(button).toBeEnabled(PATIENCE);
  await button.click();
  await expect(page.getByRole('region', { name: 'Ask', exact: true })).toBeVisible(PATIENCE);
  await desk.settled();
}

export async function ask(page: Page, phrases: string): Promise<void> {
  await page.getByLabel('Phrases, one a line').fill(phrases);
  await page.getByRole('button', { name: 'Ask', exact: true }).click();
}

export const answers = (page: Page): Locator => page.getByRole('region', { name: 'Answers' });
