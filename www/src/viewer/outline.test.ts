import { describe, expect, it } from 'vitest';
import type { Mask } from '../worker/words';
import { type Loop, maskContains, maskOutline } from './outline';

/** A mask from rows of `#` and `.`, as COCO's runs down the columns. */
function drawn(...rows: string[]): Mask {
  const height = rows.length;
  const width = rows[0]?.length ?? 0;
  const counts = [0];
  let inside = false;
  for (let x = 0; x < width; x += 1) {
    for (let y = 0; y < height; y += 1) {
      if ((rows[y]?.[x] === '#') !== inside) {
        inside = !inside;
        counts.push(0);
      }
      counts[counts.length - 1] = (counts[counts.length - 1] ?? 0) + 1;
    }
  }
  return { width, height, counts };
}

/** Signed area by the shoelace formula. */
function area(loop: Loop): number {
  let twice = 0;
  for (let index = 0; index < loop.length; index += 2) {
    const [x0, y0] = [loop[index] ?? 0, loop[index + 1] ?? 0];
    const [x1, y1] = [loop[(index + 2) % loop.length] ?? 0, loop[(index + 3) % loop.length] ?? 0];
    twice += x0 * y1 - x1 * y0;
  }
  return twice / 2;
}

const total = (loops: Loop[]) => loops.reduce((sum, loop) => sum + area(loop), 0);

describe('maskOutline', () => {
  it('goes around a rectangle in four corners', () => {
    const loops = maskOutline(drawn('....', '.##.', '.##.', '....'));
    expect(loops).toHaveLength(1);
    expect(loops[0]).toHaveLength(8);
    expect(total(loops)).toBe(4);
  });

  it('turns the other way around a hole', () => {
    const loops = maskOutline(drawn('####', '#..#', '#..#', '####'));
    expect(loops.map(area).sort((a, b) => a - b)).toEqual([-4, 16]);
  });

  it('encloses as many pixels as the mask has, whatever its shape', () => {
    let seed = 7;
    const random = () => {
      seed = (seed * 48271) % 2147483647;
      return seed / 2147483647;
    };
    for (let round = 0; round < 50; round += 1) {
      const rows = Array.from({ length: 9 }, () =>
        Array.from({ length: 7 }, () => (random() < 0.5 ? '#' : '.')).join(''),
      );
      const pixels = rows.join('').split('#').length - 1;
      expect(total(maskOutline(drawn(...rows)))).toBe(pixels);
    }
  });

  it('follows a run over the foot of a column', () => {
    expect(total(maskOutline({ width: 2, height: 3, counts: [2, 2, 2] }))).toBe(2);
  });

  it('has nothing to say of an empty mask', () => {
    expect(maskOutline({ width: 3, height: 3, counts: [9] })).toEqual([]);
  });
});

describe('maskContains', () => {
  it('agrees with the drawing', () => {
    const rows = ['#.#', '.##', '...'];
    const mask = drawn(...rows);
    for (let y = 0; y < 3; y += 1) {
      for (let x = 0; x < 3; x += 1) {
        expect(maskContains(mask, x + 0.5, y + 0.5)).toBe(rows[y]?.[x] === '#');
      }
    }
    expect(maskContains(mask, -1, 0)).toBe(false);
    expect(maskContains(mask, 3, 0)).toBe(false);
  });
});
