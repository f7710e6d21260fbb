/** The plane that any curve is drawn in: axes that fit it, linear or logarithmic to the base 2. */
import type { Curve } from '../worker/words';

export interface Scale {
  low: number;
  high: number;
  ticks: number[];
  /** 0 at `low`, 1 at `high`. */
  at(value: number): number;
}

const SHARES = [0, 0.25, 0.5, 0.75, 1];

/** A step of 1, 2 or 5 times a power of ten, so that about four fit. */
function step(span: number): number {
  const rough = span / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 5, 10].find((candidate) => candidate * power >= rough) ?? 10;
  return factor * power;
}

export function linear(values: number[]): Scale {
  const low = Math.min(0, ...values);
  const high = Math.max(...values, low);
  // Shares are most common, and are best compared on one scale.
  if (low === 0 && high <= 1) return { low: 0, high: 1, ticks: SHARES, at: (value) => value };
  const by = step(high - low);
  const [first, last] = [Math.floor(low / by) * by, Math.ceil(high / by) * by];
  const ticks = Array.from({ length: Math.round((last - first) / by) + 1 }, (_, index) => first + index * by);
  return { low: first, high: last, ticks, at: (value) => (value - first) / (last - first) };
}

/** From 1/8 to 8, and beyond where the values go; what lies below is drawn at the left edge. */
export function logarithmic(values: number[]): Scale {
  const last = Math.max(3, Math.ceil(Math.log2(Math.max(...values, 1))));
  const first = -3;
  const ticks = Array.from({ length: last - first + 1 }, (_, index) => 2 ** (first + index));
  const at = (value: number) => (value <= 0 ? 0 : Math.max(0, (Math.log2(value) - first) / (last - first)));
  return { low: 2 ** first, high: 2 ** last, ticks, at };
}

export function scales(curve: Curve): { x: Scale; y: Scale } {
  const of = (axis: 'x' | 'y') => {
    const values = curve.points.map((point) => point[axis]);
    return curve[axis].logarithmic ? logarithmic(values) : linear(values);
  };
  return { x: of('x'), y: of('y') };
}

/** `1/8`, `0.25`, `4`: as the axis is read. */
export function tickText(value: number, log: boolean): string {
  if (log && value < 1) return `1/${Math.round(1 / value)}`;
  return String(Number(value.toPrecision(4)));
}
