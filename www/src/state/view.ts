/** The part of the page's state that a link can hold. */
import type { RegionKind } from '../worker/words';

export type DeviceChoice = 'auto' | 'cpu' | 'gpu';

/** The knobs of a phantom; what is left out has the generator's own default. */
export interface PhantomKnobs {
  seed: number;
  fewest?: number;
  most?: number;
  contrast?: number;
  noise?: number;
  overlap?: number;
}

export interface View {
  /** A bundled sample or `phantom-shape`, `phantom-pattern`, `phantom-size`; `null`: the page's choice. */
  sample: string | null;
  /** A bundled model; `null`: the sample's. */
  model: string | null;
  device: DeviceChoice;
  /** `null`: the model's own. */
  score: number | null;
  iou: number | null;
  /** `null`: masks where the truth has them. */
  region: RegionKind | null;
  phantom: PhantomKnobs;
}

const FRACTIONS = ['contrast', 'noise', 'overlap'] as const;
const MAX_SEED = 4294967295;

/** A number between two bounds, or nothing. */
function bounded(text: string | null, low: number, high: number): number | null {
  if (text === null || text.trim() === '') return null;
  const number = Number(text);
  return Number.isFinite(number) && number >= low && number <= high ? number : null;
}

function whole(text: string | null, low: number, high: number): number | null {
  const number = bounded(text, low, high);
  return number !== null && Number.isInteger(number) ? number : null;
}

function oneOf<T extends string>(text: string | null, words: readonly T[]): T | null {
  return words.find((word) => word === text) ?? null;
}

/** A name that may stand in a path of the site. */
function name(text: string | null): string | null {
  return text !== null && /^[a-z0-9][a-z0-9_-]{0,63}$/i.test(text) ? text : null;
}

/** Reads a query string; whatever is not understood is as if it were not there. */
export function parseView(search: string): View {
  const query = new URLSearchParams(search);
  const phantom: PhantomKnobs = { seed: whole(query.get('seed'), 0, MAX_SEED) ?? 0 };
  const count = /^(\d{1,4})-(\d{1,4})$/.exec(query.get('count') ?? '');
  if (count !== null && Number(count[1]) <= Number(count[2]) && Number(count[2]) <= 1000) {
    phantom.fewest = Number(count[1]);
    phantom.most = Number(count[2]);
  }
  for (const knob of FRACTIONS) {
    const value = bounded(query.get(knob), 0, 1);
    if (value !== null) phantom[knob] = value;
  }
  return {
    sample: name(query.get('sample')),
    model: name(query.get('model')),
    device: oneOf(query.get('device'), ['cpu', 'gpu'] as const) ?? 'auto',
    score: bounded(query.get('score'), 0, 1),
    iou: bounded(query.get('iou'), 0, 1),
    region: oneOf(query.get('region'), ['box', 'mask'] as const),
    phantom,
  };
}

/** The query string, beginning with `?`, that opens this view; empty where everything is the page's choice. */
export function viewQuery(view: View): string {
  const query = new URLSearchParams();
  const put = (key: string, value: string | number | null | undefined) => {
    if (value !== null && value !== undefined) query.set(key, String(value));
  };
  put('sample', view.sample);
  if (view.sample?.startsWith('phantom-')) {
    const { seed, fewest, most } = view.phantom;
    put('seed', seed);
    if (fewest !== undefined && most !== undefined) put('count', `${fewest}-${most}`);
    for (const knob of FRACTIONS) put(knob, view.phantom[knob]);
  }
  put('model', view.model);
  put('device', view.device === 'auto' ? null : view.device);
  put('score', view.score);
  put('iou', view.iou);
  put('region', view.region);
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}
