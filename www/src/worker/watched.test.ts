import { expect, test, vi } from 'vitest';
import { Watched } from './watched';

test('what was read of a file is told, and every round through it counts half of what was left', async () => {
  const now = vi.spyOn(performance, 'now');
  let time = 0;
  now.mockImplementation(() => {
    time += 1000;
    return time;
  });
  const told: number[] = [];
  const file = new Watched(new Blob(['0123456789']), (bytes) => told.push(bytes));
  expect(file).toBeInstanceOf(Blob);
  expect(file.size).toBe(10);
  expect(await file.slice(0, 4).text()).toBe('0123');
  expect(await file.slice(4, 10).text()).toBe('456789');
  expect(await file.slice(0, 5).text()).toBe('01234');
  expect(told).toEqual([2, 5, 6.25]);
  now.mockRestore();
});

test('many small pieces are told seldom', () => {
  const now = vi.spyOn(performance, 'now').mockReturnValue(5000);
  const told: number[] = [];
  const file = new Watched(new Blob(['0'.repeat(1000)]), (bytes) => told.push(bytes));
  for (let place = 0; place < 1000; place += 1) file.slice(place, place + 1);
  expect(told).toHaveLength(1);
  now.mockRestore();
});
