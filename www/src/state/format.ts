/** Numbers as they are read. */
import type { Statistic } from '../worker/words';

/** `1.2 MB`, in powers of ten as downloads are counted. */
export function bytes(count: number): string {
  if (count < 1000) return `${count} B`;
  if (count < 1e6) return `${(count / 1e3).toFixed(count < 1e4 ? 1 : 0)} kB`;
  return `${(count / 1e6).toFixed(count < 1e8 ? 1 : 0)} MB`;
}

/** `about 2 min`, never more exact than an estimate is. */
export function duration(seconds: number): string {
  if (seconds < 1) return 'less than a second';
  if (seconds < 90) return `about ${Math.round(seconds)} s`;
  if (seconds < 5400) return `about ${Math.round(seconds / 60)} min`;
  return `about ${(seconds / 3600).toFixed(1)} h`;
}

const REASONS: Record<string, string> = {
  no_truth: 'no truth',
  no_findings: 'no findings',
  nothing: 'nothing to judge',
  no_masks: 'no masks',
  no_pairs: 'no pairs',
  one_class: 'only one class',
  empty_truth: 'the truth is empty',
  empty_prediction: 'the prediction is empty',
  too_few: 'too few cases',
  no_variation: 'all values are equal',
  zero_denominator: 'denominator 0',
  unparsable: 'cannot be read',
  not_given: 'not given',
};

/** The reason why a statistic has no value, in words. */
export function undefinedReason(reason: string): string {
  return REASONS[reason] ?? reason.replaceAll('_', ' ');
}

/** `0.71 to 0.83` */
export function intervalText(interval: [number, number] | undefined): string {
  return interval === undefined ? '' : `${metric(interval[0])} to ${metric(interval[1])}`;
}

export function statisticValue(statistic: Statistic): number | null {
  return 'value' in statistic ? statistic.value : null;
}

/** Three decimals for fractions, none for counts. */
export function metric(value: number): string {
  return Number.isInteger(value) && Math.abs(value) > 1 ? String(value) : value.toFixed(3);
}

/** `2.4e-6`: an agreement between devices. */
export function small(value: number): string {
  return value === 0 ? '0' : value.toExponential(1).replace('+', '');
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
}

/** The folders with which every path begins, with the last `/`; empty where they share none. */
export function sharedFolder(paths: string[]): string {
  const [first = ''] = paths;
  let end = first.lastIndexOf('/') + 1;
  while (end > 0 && !paths.every((path) => path.startsWith(first.slice(0, end)))) {
    end = first.lastIndexOf('/', end - 2) + 1;
  }
  return first.slice(0, end);
}
