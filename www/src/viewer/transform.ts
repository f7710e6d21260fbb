/** Where the image lies in the viewer: `screen = image * scale + offset`, in CSS pixels. */
export interface Transform {
  scale: number;
  x: number;
  y: number;
}

export interface Size {
  width: number;
  height: number;
}

export interface Point {
  x: number;
  y: number;
}

export const MAX_SCALE = 64;
const MARGIN = 12;

/** The whole image, centred, as large as it fits. */
export function fitted(image: Size, viewport: Size): Transform {
  const room = {
    width: Math.max(1, viewport.width - 2 * MARGIN),
    height: Math.max(1, viewport.height - 2 * MARGIN),
  };
  const scale = Math.min(room.width / image.width, room.height / image.height, MAX_SCALE);
  return {
    scale,
    x: (viewport.width - image.width * scale) / 2,
    y: (viewport.height - image.height * scale) / 2,
  };
}

/** Keeps some of the image in view, and an image that is smaller than the viewer in its middle. */
export function contained(transform: Transform, image: Size, viewport: Size): Transform {
  const axis = (offset: number, length: number, room: number) => {
    if (length <= room - 2 * MARGIN) return (room - length) / 2;
    return Math.min(MARGIN, Math.max(room - length - MARGIN, offset));
  };
  const { scale } = transform;
  return {
    scale,
    x: axis(transform.x, image.width * scale, viewport.width),
    y: axis(transform.y, image.height * scale, viewport.height),
  };
}

/** Zooms by `factor` and leaves what lies at `at` (on the screen) where it is. */
export function zoomed(transform: Transform, factor: number, at: Point, minScale: number): Transform {
  const scale = Math.min(MAX_SCALE, Math.max(minScale, transform.scale * factor));
  const ratio = scale / transform.scale;
  return { scale, x: at.x - (at.x - transform.x) * ratio, y: at.y - (at.y - transform.y) * ratio };
}

export function panned(transform: Transform, dx: number, dy: number): Transform {
  return { ...transform, x: transform.x + dx, y: transform.y + dy };
}

/** The point of the image under a point of the screen. */
export function toImage(transform: Transform, { x, y }: Point): Point {
  return { x: (x - transform.x) / transform.scale, y: (y - transform.y) / transform.scale };
}

/** Puts a box of the image into the middle of the view; closer only where it is hard to see. */
export function centredOn(
  transform: Transform,
  box: { x_min: number; y_min: number; x_max: number; y_max: number },
  viewport: Size,
): Transform {
  const extent = Math.max(box.x_max - box.x_min, box.y_max - box.y_min, 1);
  const scale = Math.min(MAX_SCALE, Math.max(transform.scale, 36 / extent));
  return {
    scale,
    x: viewport.width / 2 - ((box.x_min + box.x_max) / 2) * scale,
    y: viewport.height / 2 - ((box.y_min + box.y_max) / 2) * scale,
  };
}

/** Whether a box of the image can be seen whole. */
export function inView(
  transform: Transform,
  box: { x_min: number; y_min: number; x_max: number; y_max: number },
  viewport: Size,
): boolean {
  const { scale, x, y } = transform;
  return (
    box.x_min * scale + x >= 0 &&
    box.y_min * scale + y >= 0 &&
    box.x_max * scale + x <= viewport.width &&
    box.y_max * scale + y <= viewport.height
  );
}
