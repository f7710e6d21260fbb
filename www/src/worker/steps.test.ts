import { expect, test } from 'vitest';
import { inSteps } from './steps';

/** Steps that each take `milliseconds`, of which there are `count`. */
function work(count: number, milliseconds: number) {
  const state = { done: 0, clock: 0, told: 0, looked: 0 };
  const step = () => {
    state.done += 1;
    state.clock += milliseconds;
    return state.done < count;
  };
  const tell = () => {
    state.told += 1;
  };
  return { state, step, tell, now: () => state.clock };
}

test('many small steps look up some twenty times a second', async () => {
  const { state, step, tell, now } = work(10_000, 0.1);
  const goesOn = async () => {
    state.looked += 1;
    return true;
  };
  expect(await inSteps(step, { tell, goesOn }, now)).toBe(true);
  expect(state.done).toBe(10_000);
  expect(state.looked).toBeGreaterThan(15);
  expect(state.looked).toBeLessThanOrEqual(20);
  expect(state.told).toBe(state.looked);
});

test('a long step is followed by a look, and no step comes after a stop', async () => {
  const { state, step, tell, now } = work(10, 300);
  expect(await inSteps(step, { tell, goesOn: async () => state.done < 3 }, now)).toBe(false);
  expect(state.done).toBe(3);
});
