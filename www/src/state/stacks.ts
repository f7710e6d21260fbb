/** The order of slices. */

/** Something that may be a slice. */
interface Sliced {
  /** The stack that it is a slice of. */
  stack?: string | undefined;
  /** Its place in the stack, from 0, where that is known; otherwise slices stand as they come. */
  place?: number | undefined;
}

/** Brings the slices of each stack together where the first of them stands, in their order. */
export function inStacks<Entry extends Sliced>(entries: Entry[]): Entry[] {
  const first = new Map<string, number>();
  const keys = entries.map(({ stack, place }, at) => {
    if (stack === undefined) return [at, 0] as const;
    const start = first.get(stack) ?? at;
    first.set(stack, start);
    return [start, place ?? at - start] as const;
  });
  return entries
    .map((entry, at) => ({ entry, key: keys[at] ?? [at, 0], at }))
    .sort((a, b) => a.key[0] - b.key[0] || a.key[1] - b.key[1] || a.at - b.at)
    .map(({ entry }) => entry);
}
