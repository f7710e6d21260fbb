/** The curve as a line of the chart, and the place of a threshold on it. */
import type { CurvePoint } from '../worker/words';

export interface Frame {
  left: number;
  top: number;
  width: number;
  height: number;
}

export const toX = (frame: Frame, recall: number): number => frame.left + recall * frame.width;
export const toY = (frame: Frame, precision: number): number => frame.top + (1 - precision) * frame.height;

const short = (number: number) => Math.round(number * 100) / 100;

/** An SVG path through the points as they are: from the highest score down, recall grows. */
export function curvePath(curve: CurvePoint[], frame: Frame): string {
  return curve
    .map(
      ({ recall, precision }, index) =>
        `${index === 0 ? 'M' : 'L'}${short(toX(frame, recall))} ${short(toY(frame, precision))}`,
    )
    .join('');
}

/** The point that a score threshold selects: the last one whose score is not below it. */
export function pointAt(curve: CurvePoint[], threshold: number): CurvePoint | null {
  let found: CurvePoint | null = null;
  for (const point of curve) {
    if (point.score < threshold) break;
    found = point;
  }
  return found;
}

/** The point nearest to a place in the chart. */
export function nearest(curve: CurvePoint[], frame: Frame, x: number, y: number): CurvePoint | null {
  let best: CurvePoint | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const point of curve) {
    const distance = (toX(frame, point.recall) - x) ** 2 + (toY(frame, point.precision) - y) ** 2;
    if (distance < least) {
      least = distance;
      best = point;
    }
  }
  return best;
}
