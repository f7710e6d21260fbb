/** Where labels go so that they can be read: beside their box, inside the view, over no other label. */

export interface Rect {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** A label that wants a place: the box it belongs to and its own size, on the screen. */
export interface LabelWish {
  box: Rect;
  width: number;
  height: number;
  /** Placed even where it covers another one. */
  must: boolean;
}

const overlaps = (a: Rect, b: Rect) =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

/** Gives each wish a place or `null`, in order, so the important ones come first. */
export function placeLabels(wishes: LabelWish[], view: { width: number; height: number }): (Rect | null)[] {
  const taken: Rect[] = [];
  return wishes.map(({ box, width, height, must }) => {
    const left = Math.max(0, Math.min(box.x, view.width - width));
    const right = Math.max(0, Math.min(box.x + box.width - width, view.width - width));
    const above = box.y - height - 2;
    const below = box.y + box.height + 2;
    const places = [
      { x: left, y: above },
      { x: left, y: below },
      { x: right, y: above },
      { x: right, y: below },
      { x: left, y: box.y + 2 },
    ].filter(({ y }) => y >= 0 && y + height <= view.height);
    const spots = places.map((place) => ({ ...place, width, height }));
    const free = spots.find((spot) => taken.every((other) => !overlaps(spot, other)));
    const clamped = { x: left, y: Math.max(0, Math.min(above, view.height - height)), width, height };
    const spot = free ?? (must ? (spots[0] ?? clamped) : null);
    if (spot !== null) taken.push(spot);
    return spot;
  });
}
