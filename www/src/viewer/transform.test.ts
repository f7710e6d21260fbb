import { describe, expect, it } from 'vitest';
import { centredOn, contained, fitted, inView, panned, toImage, zoomed } from './transform';

const image = { width: 200, height: 100 };
const viewport = { width: 424, height: 324 };

describe('the way from image to screen', () => {
  it('fits the whole image into the middle', () => {
    expect(fitted(image, viewport)).toEqual({ scale: 2, x: 12, y: 62 });
  });

  it('zooms about a point that stays where it is', () => {
    const before = fitted(image, viewport);
    const at = { x: 100, y: 100 };
    const after = zoomed(before, 3, at, 0.1);
    expect(after.scale).toBe(6);
    const [was, is] = [toImage(before, at), toImage(after, at)];
    expect(is.x).toBeCloseTo(was.x, 10);
    expect(is.y).toBeCloseTo(was.y, 10);
  });

  it('zooms no further than its bounds', () => {
    const at = { x: 0, y: 0 };
    expect(zoomed({ scale: 50, x: 0, y: 0 }, 10, at, 1).scale).toBe(64);
    expect(zoomed({ scale: 2, x: 0, y: 0 }, 0.01, at, 1).scale).toBe(1);
  });

  it('never lets the image leave the view', () => {
    const close = zoomed(fitted(image, viewport), 4, { x: 200, y: 150 }, 0.1);
    const { x, y, scale } = contained(panned(close, 9999, -9999), image, viewport);
    expect(x).toBe(12);
    expect(y + image.height * scale).toBe(viewport.height - 12);
  });

  it('centres on a box, closer where it is small', () => {
    const box = { x_min: 10, y_min: 10, x_max: 14, y_max: 12 };
    const there = centredOn({ scale: 1, x: 0, y: 0 }, box, viewport);
    expect(there.scale).toBe(9);
    expect(toImage(there, { x: 212, y: 162 })).toEqual({ x: 12, y: 11 });
    expect(inView(there, box, viewport)).toBe(true);
    expect(inView(panned(there, -400, 0), box, viewport)).toBe(false);
  });
});
