import type { Region } from '../worker/words';
import type { Mark } from './marks';
import { maskContains } from './outline';
import type { Point } from './transform';

function boxArea({ bounding_box: box }: Region): number {
  return (box.x_max - box.x_min) * (box.y_max - box.y_min);
}

function boxContains({ bounding_box: box }: Region, { x, y }: Point): boolean {
  return x >= box.x_min && x < box.x_max && y >= box.y_min && y < box.y_max;
}

/**
 * The mark at a point of the image: one whose pixels are there before one that has only its box there,
 * findings before truths, small before large, so that nothing hides behind something bigger.
 */
export function markAt(marks: Mark[], point: Point): Mark | null {
  let best: Mark | null = null;
  let bestRank: [number, number, number] = [0, 0, 0];
  for (const mark of marks) {
    if (!boxContains(mark.region, point)) continue;
    const { mask } = mark.region;
    const touched = mask === undefined ? false : maskContains(mask, point.x, point.y);
    const rank: [number, number, number] = [
      touched ? 0 : 1,
      mark.kind === 'finding' ? 0 : 1,
      boxArea(mark.region),
    ];
    const difference =
      rank.map((part, index) => part - (bestRank[index] ?? 0)).find((part) => part !== 0) ?? 0;
    if (best === null || difference < 0) {
      best = mark;
      bestRank = rank;
    }
  }
  return best;
}
