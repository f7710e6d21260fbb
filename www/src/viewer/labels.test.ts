import { describe, expect, it } from 'vitest';
import { type LabelWish, placeLabels } from './labels';

const view = { width: 200, height: 200 };
const wish = (x: number, y: number, must = false): LabelWish => ({
  box: { x, y, width: 20, height: 20 },
  width: 40,
  height: 12,
  must,
});

describe('placeLabels', () => {
  it('puts a label above its box', () => {
    expect(placeLabels([wish(50, 50)], view)).toEqual([{ x: 50, y: 36, width: 40, height: 12 }]);
  });

  it('puts it below where there is no room above, and inside the right edge', () => {
    expect(placeLabels([wish(190, 2)], view)).toEqual([{ x: 160, y: 24, width: 40, height: 12 }]);
  });

  it('covers no other label, and leaves one out where nothing is free', () => {
    const places = placeLabels(
      [wish(50, 50), wish(50, 50), wish(50, 50), wish(50, 50), wish(50, 50), wish(50, 50)],
      view,
    );
    const placed = places.filter((place) => place !== null);
    expect(placed.length).toBeLessThan(6);
    for (const a of placed) {
      for (const b of placed) {
        if (a === b) continue;
        const apart =
          a.x >= b.x + b.width || b.x >= a.x + a.width || a.y >= b.y + b.height || b.y >= a.y + a.height;
        expect(apart).toBe(true);
      }
    }
  });

  it('always places what must be seen', () => {
    const crowd = Array.from({ length: 8 }, () => wish(50, 50));
    expect(placeLabels([...crowd, wish(50, 50, true)], view).at(-1)).not.toBeNull();
  });
});
