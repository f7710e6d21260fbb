import { describe, expect, it } from 'vitest';
import { curvePath, nearest, pointAt } from './scale';

const frame = { left: 10, top: 20, width: 100, height: 200 };
const curve = [
  { score: 0.9, recall: 0.25, precision: 1 },
  { score: 0.6, recall: 0.5, precision: 0.8 },
  { score: 0.3, recall: 0.75, precision: 0.5 },
];

describe('the precision-recall curve', () => {
  it('is drawn with recall to the right and precision upwards', () => {
    expect(curvePath(curve, frame)).toBe('M35 20L60 60L85 120');
    expect(curvePath([], frame)).toBe('');
  });

  it('has the point of a threshold, which counts what is at it', () => {
    expect(pointAt(curve, 0.6)?.recall).toBe(0.5);
    expect(pointAt(curve, 0.61)?.recall).toBe(0.25);
    expect(pointAt(curve, 0)?.recall).toBe(0.75);
    expect(pointAt(curve, 0.95)).toBeNull();
  });

  it('is touched where it is nearest', () => {
    expect(nearest(curve, frame, 61, 70)?.score).toBe(0.6);
    expect(nearest([], frame, 0, 0)).toBeNull();
  });
});
