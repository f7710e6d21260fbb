/** What the page writes of itself into a Groundglass bundle, and takes from one: what a person had set, and what ran. */
import type { DeviceRecord, ModelRecord, RegionKind } from '../worker/words';
import { type Corrections, isCorrections } from './source';

/** The page's own part of a bundle. The command writes the first five alike. */
export interface BundleState {
  score_threshold: number;
  iou_threshold: number;
  region: 'boxes' | 'masks';
  /** What made the findings; left out where they came from elsewhere. */
  model?: ModelRecord | undefined;
  device?: DeviceRecord | undefined;
  /** The case on the screen. */
  case?: string | undefined;
  /** Whose numbers were looked at, and of which class. */
  scope?: 'case' | 'set' | undefined;
  class?: string | undefined;
  /** How the files were read. The cases of the bundle have been through it. */
  corrections?: Corrections | undefined;
}

/** What of it can be used; a bundle may come from anywhere. */
export interface RestoredState {
  score: number | null;
  iou: number | null;
  region: RegionKind | null;
  made: Made | null;
  case: string | undefined;
  scope: 'case' | 'set' | null;
  className: string | null;
  corrections: Corrections | null;
}

/** What made findings. */
export interface Made {
  model: ModelRecord;
  device: DeviceRecord;
}

const fraction = (value: unknown) => (typeof value === 'number' && value >= 0 && value <= 1 ? value : null);

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function records(model: unknown, device: unknown): Made | null {
  const { name, architecture, sha256 } = (model ?? {}) as Partial<ModelRecord>;
  const known = (device ?? {}) as Partial<DeviceRecord>;
  const isModel = [name, architecture, sha256].every((word) => typeof word === 'string');
  const isDevice =
    typeof known.device === 'string' &&
    typeof known.adapter === 'string' &&
    typeof known.agreement === 'number' &&
    typeof known.tolerance === 'number';
  if (!isModel || !isDevice) return null;
  return { model: { name, architecture, sha256 } as ModelRecord, device: known as DeviceRecord };
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether the modules take them as well: one that they refuse would keep the whole set from being opened. */
function areUsable(value: unknown): value is Corrections {
  if (!isCorrections(value) || !isObject(value.files) || !isObject(value.set)) return false;
  const { classes = {}, spacing, spacing_everywhere: everywhere = false } = value.set;
  const isSize = (side: unknown) => typeof side === 'number' && Number.isFinite(side) && side > 0;
  return (
    isObject(classes) &&
    Object.values(classes).every((name: unknown) => typeof name === 'string' && name.trim() !== '') &&
    (spacing === undefined || (Array.isArray(spacing) && spacing.length === 2 && spacing.every(isSize))) &&
    typeof everywhere === 'boolean' &&
    Object.values(value.files).every(isObject)
  );
}

/** Reads the state of a bundle; what is not understood is as if it were not there. */
export function restoredState(value: unknown): RestoredState {
  const state = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  const { region, scope, corrections } = state;
  return {
    score: fraction(state.score_threshold),
    iou: fraction(state.iou_threshold),
    region: region === 'boxes' ? 'box' : region === 'masks' ? 'mask' : null,
    made: records(state.model, state.device),
    case: text(state.case) ?? undefined,
    scope: scope === 'case' || scope === 'set' ? scope : null,
    className: text(state.class),
    corrections: areUsable(corrections) ? corrections : null,
  };
}
