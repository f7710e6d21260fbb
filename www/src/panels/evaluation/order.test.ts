import { expect, test } from 'vitest';
import type { Value } from '../../worker/words';
import { sections } from './order';

const value = (id: string, name: string): Value => ({ id, value: 0.5, n: 1, convention: { name } });

test('what is looked for first comes first, and no value is lost or told twice', () => {
  const values = [value('rare', 'b'), value('recall', 'b'), value('ap', 'coco'), value('other', 'coco')];
  const [main, ...rest] = sections(values);
  expect(main?.convention).toBeNull();
  expect(main?.values.map(({ id }) => id)).toEqual(['ap', 'recall']);
  expect(rest.map(({ convention }) => convention)).toEqual(['b', 'coco']);
  const all = sections(values).flatMap((section) => section.values);
  expect(new Set(all)).toEqual(new Set(values));
  expect(all).toHaveLength(values.length);
});

test('where nothing is known to come first, there are only conventions', () => {
  expect(sections([value('rare', 'b')]).map(({ convention }) => convention)).toEqual(['b']);
  expect(sections([])).toEqual([]);
});
