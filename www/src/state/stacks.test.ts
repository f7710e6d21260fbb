import { expect, test } from 'vitest';
import { inStacks } from './stacks';

const names = (entries: { name: string }[]) => entries.map(({ name }) => name);

test('slices stand together where the first of their stack stands, in their order', () => {
  const entries = [
    { name: 'a' },
    { name: 's2', stack: 's', place: 2 },
    { name: 'b' },
    { name: 't1', stack: 't', place: 1 },
    { name: 's0', stack: 's', place: 0 },
    { name: 't0', stack: 't', place: 0 },
    { name: 's1', stack: 's', place: 1 },
  ];
  expect(names(inStacks(entries))).toEqual(['a', 's0', 's1', 's2', 'b', 't0', 't1']);
});

test('slices whose places nobody knows stay as they come', () => {
  const entries = [{ name: 'x2', stack: 'x' }, { name: 'a' }, { name: 'x1', stack: 'x' }];
  expect(names(inStacks(entries))).toEqual(['x2', 'x1', 'a']);
});
