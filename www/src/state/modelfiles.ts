/** The files of a model that is asked in words, and what each is. */
import type { ModelFile } from '../worker/messages';
import type { UserFile } from './files';

export type ModelPart = 'weights' | 'index' | 'config' | 'tokenizer' | 'generation' | 'preprocessor';

const PARTS: Record<string, ModelPart> = {
  'config.json': 'config',
  'tokenizer.json': 'tokenizer',
  'generation_config.json': 'generation',
  'preprocessor_config.json': 'preprocessor',
  'model.safetensors.index.json': 'index',
};

/** What a file is, by its own name; `null` for what no model here needs. */
export function partOf(path: string): ModelPart | null {
  const name = baseName(path);
  return /\.safetensors$/i.test(name) ? 'weights' : (PARTS[name] ?? null);
}

const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** Those of some files that make a model, under their own names; the later of two of one name counts. */
export function modelFiles(files: UserFile[]): ModelFile[] {
  const byName = new Map<string, ModelFile>();
  for (const { path, file } of files) {
    const name = baseName(path);
    if (partOf(name) !== null) byName.set(name, { name, file });
  }
  return [...byName.values()];
}

/** Whether files that were dropped are such a model: weights alone are one that is not asked in words. */
export function isGrounder(files: UserFile[]): boolean {
  const parts = new Set(files.map(({ path }) => partOf(path)));
  return parts.has('tokenizer') || (parts.has('config') && parts.has('weights'));
}

/** What lacks, in words for people. */
export function missingParts(files: ModelFile[]): string[] {
  const parts = new Set(files.map(({ name }) => partOf(name)));
  const needed: [ModelPart, string][] = [
    ['config', 'config.json'],
    ['tokenizer', 'tokenizer.json'],
    ['weights', 'the weights (.safetensors)'],
  ];
  return needed.filter(([part]) => !parts.has(part)).map(([, words]) => words);
}
