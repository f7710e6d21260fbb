import { describe, expect, it } from 'vitest';
import { isGrounder, missingParts, modelFiles, partOf } from './modelfiles';

const files = (...paths: string[]) => paths.map((path) => ({ path, file: new Blob([path]) }));

describe('the files of a model that is asked in words', () => {
  it('are known by their own names, wherever they lie', () => {
    expect(partOf('a/b/config.json')).toBe('config');
    expect(partOf('model-00001-of-00002.safetensors')).toBe('weights');
    expect(partOf('model.safetensors.index.json')).toBe('index');
    expect(partOf('vocab.json')).toBeNull();
    const found = modelFiles(files('m/config.json', 'm/notes.txt', 'm/model.safetensors'));
    expect(found.map(({ name }) => name)).toEqual(['config.json', 'model.safetensors']);
  });

  it('are told from weights that find by themselves, and from annotations', () => {
    expect(isGrounder(files('nuclei.safetensors'))).toBe(false);
    expect(isGrounder(files('config.json', 'image.png'))).toBe(false);
    expect(isGrounder(files('config.json', 'model.safetensors'))).toBe(true);
    expect(isGrounder(files('tokenizer.json'))).toBe(true);
  });

  it('are asked for where they lack', () => {
    expect(missingParts([])).toEqual(['config.json', 'tokenizer.json', 'the weights (.safetensors)']);
    expect(missingParts(modelFiles(files('config.json', 'tokenizer.json', 'a.safetensors')))).toEqual([]);
  });
});
