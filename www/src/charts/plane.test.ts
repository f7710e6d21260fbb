import { describe, expect, it } from 'vitest';
import { linear, logarithmic, tickText } from './plane';

describe('the plane of a curve', () => {
  it('keeps shares between 0 and 1', () => {
    const scale = linear([0.2, 0.9]);
    expect([scale.low, scale.high]).toEqual([0, 1]);
    expect(scale.at(0.5)).toBe(0.5);
  });

  it('rounds other ranges to steps that are read with ease', () => {
    const scale = linear([3, 17]);
    expect(scale.ticks).toEqual([0, 5, 10, 15, 20]);
    expect(scale.at(10)).toBe(0.5);
    const signed = linear([-0.4, 1]);
    expect(signed.low).toBeLessThanOrEqual(-0.4);
    expect(signed.at(signed.low)).toBe(0);
  });

  it('shows false positives from an eighth on, and none at the left edge', () => {
    const scale = logarithmic([0, 0.5, 12]);
    expect([scale.low, scale.high]).toEqual([0.125, 16]);
    expect([scale.at(0), scale.at(0.125), scale.at(16)]).toEqual([0, 0, 1]);
    expect([tickText(0.125, true), tickText(4, true), tickText(0.25, false)]).toEqual(['1/8', '4', '0.25']);
  });

  it('stands a curve whose values are all equal', () => {
    expect(linear([]).ticks.length).toBeGreaterThan(1);
    expect(Number.isFinite(linear([5, 5]).at(5))).toBe(true);
  });
});
