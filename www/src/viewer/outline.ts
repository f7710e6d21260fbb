import type { Mask } from '../worker/words';

/** A closed line as `x0, y0, x1, y1, ...` in pixels of the image. */
export type Loop = number[];

/** Calls `visit(x, top, bottom)` for each run of pixels down one column; `bottom` is excluded. */
export function eachColumnRun(mask: Mask, visit: (x: number, top: number, bottom: number) => void): void {
  const { height, counts } = mask;
  let position = 0;
  for (let index = 0; index < counts.length; index += 1) {
    const end = position + (counts[index] ?? 0);
    if (index % 2 === 1) {
      // A run may go on at the top of the next column.
      while (position < end) {
        const x = Math.floor(position / height);
        const stop = Math.min(end, (x + 1) * height);
        visit(x, position - x * height, stop - x * height);
        position = stop;
      }
    }
    position = end;
  }
}

/** Joins directed edges, kept by the corner where they begin. */
class Edges {
  readonly #from = new Map<number, number[]>();
  readonly #stride: number;

  constructor(height: number) {
    this.#stride = height + 1;
  }

  add(x0: number, y0: number, x1: number, y1: number): void {
    const start = x0 * this.#stride + y0;
    const end = x1 * this.#stride + y1;
    const ends = this.#from.get(start);
    if (ends === undefined) this.#from.set(start, [end]);
    else ends.push(end);
  }

  loops(): Loop[] {
    const loops: Loop[] = [];
    for (const start of this.#from.keys()) {
      while ((this.#from.get(start)?.length ?? 0) > 0) loops.push(this.#walk(start));
    }
    return loops;
  }

  #walk(start: number): Loop {
    const loop: Loop = [];
    let corner = start;
    do {
      const next = this.#from.get(corner)?.pop();
      if (next === undefined) break;
      append(loop, Math.floor(corner / this.#stride), corner % this.#stride);
      corner = next;
    } while (corner !== start);
    return loop;
  }
}

/** Adds a corner, in place of the last one where that lies on the same straight line. */
function append(loop: Loop, x: number, y: number): void {
  const length = loop.length;
  const straight =
    length >= 4 &&
    ((loop[length - 2] === x && loop[length - 4] === x) ||
      (loop[length - 1] === y && loop[length - 3] === y));
  if (straight) {
    loop[length - 2] = x;
    loop[length - 1] = y;
  } else {
    loop.push(x, y);
  }
}

type Run = [top: number, bottom: number];

/** The parts of `runs` that `others` does not cover; both sorted and free of overlaps. */
function without(runs: Run[], others: Run[]): Run[] {
  const parts: Run[] = [];
  for (const [top, bottom] of runs) {
    let from = top;
    for (const [start, end] of others) {
      if (end <= from || start >= bottom) continue;
      if (start > from) parts.push([from, start]);
      from = Math.max(from, end);
    }
    if (from < bottom) parts.push([from, bottom]);
  }
  return parts;
}

/**
 * The borders of a mask along the edges of its pixels. Outer borders turn one way and holes the other,
 * so filling by either rule leaves the holes out.
 */
export function maskOutline(mask: Mask): Loop[] {
  const columns = new Map<number, Run[]>();
  eachColumnRun(mask, (x, top, bottom) => {
    const runs = columns.get(x);
    if (runs === undefined) columns.set(x, [[top, bottom]]);
    else runs.push([top, bottom]);
  });
  const edges = new Edges(mask.height);
  const none: Run[] = [];
  for (const [x, runs] of columns) {
    for (const [top, bottom] of runs) {
      edges.add(x, top, x + 1, top);
      edges.add(x + 1, bottom, x, bottom);
    }
    for (const [top, bottom] of without(runs, columns.get(x - 1) ?? none)) edges.add(x, bottom, x, top);
    for (const [top, bottom] of without(runs, columns.get(x + 1) ?? none))
      edges.add(x + 1, top, x + 1, bottom);
  }
  return edges.loops();
}

/** Whether pixel (x, y) is inside. */
export function maskContains(mask: Mask, x: number, y: number): boolean {
  const column = Math.floor(x);
  const row = Math.floor(y);
  if (column < 0 || row < 0 || column >= mask.width || row >= mask.height) return false;
  const wanted = column * mask.height + row;
  let position = 0;
  for (let index = 0; index < mask.counts.length; index += 1) {
    position += mask.counts[index] ?? 0;
    if (wanted < position) return index % 2 === 1;
  }
  return false;
}
