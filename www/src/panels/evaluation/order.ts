/** In which order values are read: what a reader looks for first, then convention by convention. */
import type { Value } from '../../worker/words';

/** What papers of each task put into their first table. */
const FIRST = [
  'ap',
  'ap50',
  'f1',
  'precision',
  'recall',
  'panoptic_quality',
  'dice',
  'foreground_iou',
  'hd95',
  'nsd',
  'froc_score',
  'auroc',
  'macro_auroc',
  'average_precision',
  'accuracy',
  'balanced_accuracy',
  'macro_f1',
  'brier_score',
  'expected_calibration_error',
  'heatmap_miou',
  'heatmap_auroc',
  'hit_rate',
  'mean_absolute_error',
  'median_absolute_error',
  'mean_radial_error',
  'icc_2_1',
  'fleiss_kappa',
  'krippendorff_alpha',
  'reader_agreement',
  'average_overlap',
];
const MOST = 8;

export interface Section {
  /** The convention's name; `null` for what is looked for first. */
  convention: string | null;
  values: Value[];
}

/** Every value once: those that are looked for first, then the others by convention in the order of the report. */
export function sections(values: Value[]): Section[] {
  const main = FIRST.flatMap((id) => values.find((value) => value.id === id) ?? []).slice(0, MOST);
  const others = new Map<string, Value[]>();
  for (const value of values) {
    if (main.includes(value)) continue;
    const name = value.convention.name ?? '';
    others.set(name, [...(others.get(name) ?? []), value]);
  }
  const rest = [...others].map(([convention, own]) => ({ convention, values: own }));
  return main.length > 0 ? [{ convention: null, values: main }, ...rest] : rest;
}
