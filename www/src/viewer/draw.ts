/** Draws the marks of a case over its image. */
import type { BoundingBox, Mask } from '../worker/words';
import { placeLabels, type Rect } from './labels';
import { type Mark, type MarkId, type MarkStyle, STYLES, sameMark } from './marks';
import { maskOutline } from './outline';
import type { Size, Transform } from './transform';

/** What the reader has asked to see. */
export interface Layers {
  masks: boolean;
  boxes: boolean;
  labels: boolean;
  truth: boolean;
}

export interface Scene {
  marks: Mark[];
  layers: Layers;
  transform: Transform;
  viewport: Size;
  selected: MarkId | null;
  hovered: MarkId | null;
}

/** Beyond this many in view, a label is shown only for what is pointed at or selected. */
export const LABEL_LIMIT = 60;

const SHADOW = 'rgba(4, 8, 10, 0.6)';
const FONT = '500 12px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';
const paths = new WeakMap<Mask, Path2D>();

function pathOf(mask: Mask): Path2D {
  const known = paths.get(mask);
  if (known !== undefined) return known;
  const path = new Path2D();
  for (const loop of maskOutline(mask)) {
    path.moveTo(loop[0] ?? 0, loop[1] ?? 0);
    for (let index = 2; index < loop.length; index += 2) path.lineTo(loop[index] ?? 0, loop[index + 1] ?? 0);
    path.closePath();
  }
  paths.set(mask, path);
  return path;
}

function onScreen(box: BoundingBox, { scale, x, y }: Transform): Rect {
  return {
    x: box.x_min * scale + x,
    y: box.y_min * scale + y,
    width: (box.x_max - box.x_min) * scale,
    height: (box.y_max - box.y_min) * scale,
  };
}

const touchesView = (rect: Rect, view: Size) =>
  rect.x < view.width && rect.y < view.height && rect.x + rect.width > 0 && rect.y + rect.height > 0;

/** Whether a mark is drawn at all with these layers. */
export function isVisible(mark: Mark, layers: Layers): boolean {
  if (mark.status === 'below_threshold') return false;
  return mark.kind === 'finding' || layers.truth;
}

/** Strokes twice: dark and wider first, so that a line can be seen on any tissue. */
function stroke(
  context: CanvasRenderingContext2D,
  style: MarkStyle,
  width: number,
  unit: number,
  draw: () => void,
): void {
  context.lineCap = style.dash[0] !== undefined && style.dash[0] < 1 ? 'round' : 'butt';
  context.setLineDash(style.dash.map((length) => length * unit));
  context.lineWidth = (width + 1.5) * unit;
  context.strokeStyle = SHADOW;
  draw();
  context.lineWidth = width * unit;
  context.strokeStyle = style.colour;
  draw();
}

function drawMask(
  context: CanvasRenderingContext2D,
  mark: Mark,
  style: MarkStyle,
  strong: boolean,
  transform: Transform,
) {
  const { mask } = mark.region;
  if (mask === undefined) return;
  const path = pathOf(mask);
  context.save();
  context.translate(transform.x, transform.y);
  context.scale(transform.scale, transform.scale);
  if (mark.kind === 'finding' || mark.status === 'missed') {
    context.globalAlpha = strong ? 0.45 : 0.2;
    context.fillStyle = style.colour;
    context.fill(path);
    context.globalAlpha = 1;
  }
  stroke(context, style, style.lineWidth + (strong ? 1 : 0), 1 / transform.scale, () => context.stroke(path));
  context.restore();
}

function drawBox(
  context: CanvasRenderingContext2D,
  rect: Rect,
  style: MarkStyle,
  strong: boolean,
  thin: boolean,
) {
  const width = strong ? style.lineWidth + 1 : thin ? Math.min(style.lineWidth, 1.25) : style.lineWidth;
  context.globalAlpha = thin && !strong ? 0.75 : 1;
  stroke(context, style, width, 1, () => context.strokeRect(rect.x, rect.y, rect.width, rect.height));
  context.globalAlpha = 1;
}

/** The shape of a status, for those to whom its colour says nothing. */
function drawGlyph(
  context: CanvasRenderingContext2D,
  glyph: MarkStyle['glyph'],
  x: number,
  y: number,
  radius: number,
) {
  context.beginPath();
  if (glyph === 'disc' || glyph === 'ring') {
    context.arc(x, y, radius * 0.85, 0, 2 * Math.PI);
  } else if (glyph === 'triangle') {
    context.moveTo(x, y - radius);
    context.lineTo(x + radius, y + radius * 0.8);
    context.lineTo(x - radius, y + radius * 0.8);
    context.closePath();
  } else {
    context.moveTo(x, y - radius * 1.1);
    context.lineTo(x + radius * 1.1, y);
    context.lineTo(x, y + radius * 1.1);
    context.lineTo(x - radius * 1.1, y);
    context.closePath();
  }
}

function markGlyph(context: CanvasRenderingContext2D, rect: Rect, style: MarkStyle): void {
  if (style.glyph === 'none' || Math.max(rect.width, rect.height) < 14) return;
  context.setLineDash([]);
  context.lineWidth = 1.5;
  context.strokeStyle = SHADOW;
  drawGlyph(context, style.glyph, rect.x, rect.y, 4);
  context.stroke();
  context.fillStyle = style.glyph === 'ring' ? '#0b0f11' : style.colour;
  context.fill();
  if (style.glyph === 'ring') {
    context.strokeStyle = style.colour;
    context.stroke();
  }
}

/** The words on a mark's label. */
export function labelText({ label, score }: Pick<Mark, 'label' | 'score'>): string {
  return score === null ? label : `${label} ${score.toFixed(2)}`;
}

function drawLabels(
  context: CanvasRenderingContext2D,
  scene: Scene,
  drawn: { mark: Mark; rect: Rect }[],
): void {
  const strong = (mark: Mark) => sameMark(mark, scene.selected) || sameMark(mark, scene.hovered);
  const few = scene.layers.labels && drawn.length <= LABEL_LIMIT;
  const wanted = drawn.filter(({ mark }) => strong(mark) || (few && mark.status !== 'found'));
  wanted.sort(
    (a, b) => Number(strong(b.mark)) - Number(strong(a.mark)) || (b.mark.score ?? 0) - (a.mark.score ?? 0),
  );
  context.font = FONT;
  context.textBaseline = 'middle';
  const wishes = wanted.map(({ mark, rect }) => ({
    box: rect,
    width: Math.ceil(context.measureText(labelText(mark)).width) + 22,
    height: 18,
    must: strong(mark),
  }));
  const places = placeLabels(wishes, scene.viewport);
  // The first wishes are the important ones, so they are drawn last, on top.
  for (let index = wanted.length - 1; index >= 0; index -= 1) {
    const place = places[index];
    const mark = wanted[index]?.mark;
    if (!place || mark === undefined) continue;
    const style = STYLES[mark.status];
    context.globalAlpha = strong(mark) ? 0.95 : 0.8;
    context.fillStyle = '#0b0f11';
    context.beginPath();
    context.roundRect(place.x, place.y, place.width, place.height, 4);
    context.fill();
    context.globalAlpha = 1;
    if (style.glyph !== 'none') {
      drawGlyph(context, style.glyph, place.x + 9, place.y + place.height / 2, 3.5);
      context.fillStyle = style.colour;
      context.fill();
    }
    context.fillStyle = '#f4f7f7';
    context.fillText(labelText(mark), place.x + 17, place.y + place.height / 2 + 0.5);
  }
}

// Truths lie under findings, and what was missed or wrong over what was right.
const ORDER: Record<Mark['status'], number> = {
  below_threshold: 0,
  found: 1,
  ignored: 2,
  unjudged: 3,
  true_positive: 4,
  missed: 5,
  false_positive: 6,
};

/** Draws everything; the context is in CSS pixels. */
export function drawScene(context: CanvasRenderingContext2D, scene: Scene): void {
  const { layers, transform, viewport } = scene;
  context.clearRect(0, 0, viewport.width, viewport.height);
  const strong = (mark: Mark) => sameMark(mark, scene.selected) || sameMark(mark, scene.hovered);
  const drawn = scene.marks
    .filter((mark) => strong(mark) || isVisible(mark, layers))
    .map((mark) => ({ mark, rect: onScreen(mark.region.bounding_box, transform) }))
    .filter(({ rect }) => touchesView(rect, viewport))
    .sort(
      (a, b) =>
        Number(strong(a.mark)) - Number(strong(b.mark)) || ORDER[a.mark.status] - ORDER[b.mark.status],
    );
  for (const { mark, rect } of drawn) {
    const style = STYLES[mark.status];
    const masked = layers.masks && mark.region.mask !== undefined;
    if (masked) drawMask(context, mark, style, strong(mark), transform);
    // A truth that shows its pixels needs no frame; the frames are the findings'.
    const boxed = layers.boxes && !(masked && mark.kind === 'truth');
    if (boxed || (strong(mark) && !masked)) drawBox(context, rect, style, strong(mark), masked);
    if (boxed || mark.status === 'missed') markGlyph(context, rect, style);
  }
  drawLabels(context, scene, drawn);
}
