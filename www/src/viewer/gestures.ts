/** Mouse, pen and touch on the image: pan, pinch, wheel, tap and hover, told apart and passed on. */
import type { Point } from './transform';

export interface GestureEvents {
  pan(dx: number, dy: number): void;
  zoom(factor: number, at: Point): void;
  /** A press that went nowhere. */
  tap(at: Point): void;
  /** The pointer is over this point; `null` when it has left. */
  hover(at: Point | null): void;
  /** Whether a wheel without a modifier is for the image and not for the page. */
  takesWheel(): boolean;
}

const TAP_DISTANCE = 5;

/** Listens on `element` until the returned function is called. */
export function listen(element: HTMLElement, events: GestureEvents): () => void {
  const pointers = new Map<number, Point>();
  let moved = 0;

  const at = (event: MouseEvent): Point => {
    const { left, top } = element.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  };
  const spread = () => {
    const [a, b] = [...pointers.values()];
    if (a === undefined || b === undefined) return null;
    return { distance: Math.hypot(a.x - b.x, a.y - b.y), middle: { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 } };
  };

  const down = (event: PointerEvent) => {
    if (event.button !== 0) return;
    if (pointers.size === 0) moved = 0;
    pointers.set(event.pointerId, at(event));
    element.setPointerCapture(event.pointerId);
  };
  const move = (event: PointerEvent) => {
    const here = at(event);
    const last = pointers.get(event.pointerId);
    if (last === undefined) {
      events.hover(here);
      return;
    }
    const before = spread();
    pointers.set(event.pointerId, here);
    const after = spread();
    moved += Math.hypot(here.x - last.x, here.y - last.y);
    if (before !== null && after !== null) {
      events.pan(after.middle.x - before.middle.x, after.middle.y - before.middle.y);
      if (before.distance > 0) events.zoom(after.distance / before.distance, after.middle);
    } else if (moved > TAP_DISTANCE) {
      events.pan(here.x - last.x, here.y - last.y);
    }
  };
  const up = (event: PointerEvent) => {
    const was = pointers.delete(event.pointerId);
    if (was && pointers.size === 0 && moved <= TAP_DISTANCE && event.type === 'pointerup')
      events.tap(at(event));
  };
  const leave = () => events.hover(null);
  const wheel = (event: WheelEvent) => {
    if (!event.ctrlKey && !event.metaKey && !events.takesWheel()) return;
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 30 : 1;
    const step = Math.max(-240, Math.min(240, event.deltaY * lines));
    events.zoom(Math.exp(-step * (event.ctrlKey ? 0.01 : 0.002)), at(event));
  };

  element.addEventListener('pointerdown', down);
  element.addEventListener('pointermove', move);
  element.addEventListener('pointerup', up);
  element.addEventListener('pointercancel', up);
  element.addEventListener('pointerleave', leave);
  element.addEventListener('wheel', wheel, { passive: false });
  return () => {
    element.removeEventListener('pointerdown', down);
    element.removeEventListener('pointermove', move);
    element.removeEventListener('pointerup', up);
    element.removeEventListener('pointercancel', up);
    element.removeEventListener('pointerleave', leave);
    element.removeEventListener('wheel', wheel);
  };
}
