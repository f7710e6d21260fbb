/** What is drawn over an image and listed beside it: findings at or above the threshold, and truths. */
import type { CaseView, Finding, FindingStatus, Region, Truth, TruthStatus } from '../worker/words';

export type MarkStatus =
  | 'true_positive'
  | 'false_positive'
  | 'missed'
  | 'found'
  | 'ignored'
  | 'unjudged'
  | 'below_threshold';

/** A finding or a truth by its place in the case's list. */
export interface MarkId {
  kind: 'finding' | 'truth';
  index: number;
}

export interface Mark extends MarkId {
  status: MarkStatus;
  label: string;
  /** The confidence; truths have none. */
  score: number | null;
  /** With the paired truth or, where there is none, with the one that is overlapped most. */
  iou: number | null;
  region: Region;
}

export const sameMark = (a: MarkId | null, b: MarkId | null): boolean =>
  a === b || (a !== null && b !== null && a.kind === b.kind && a.index === b.index);

export const markKey = ({ kind, index }: MarkId): string => `${kind}-${index}`;

const OF_TRUTH: Record<TruthStatus, MarkStatus> = { found: 'found', missed: 'missed', ignored: 'ignored' };
const OF_FINDING: Record<FindingStatus, MarkStatus> = {
  true_positive: 'true_positive',
  false_positive: 'false_positive',
  below_threshold: 'below_threshold',
  ignored: 'ignored',
  unjudged: 'unjudged',
};

/** All marks of a case: its findings in order, then its truths. Before the model `hasRun` no truth is missed or ignored. */
export function caseMarks(
  findings: Finding[],
  truth: Truth | null,
  view: CaseView | null,
  hasRun: boolean,
): Mark[] {
  const marks: Mark[] = [];
  for (const { index, status, iou } of view?.findings ?? []) {
    const finding = findings[index];
    if (finding === undefined) continue;
    const { label, score, region } = finding;
    marks.push({
      kind: 'finding',
      index,
      status: OF_FINDING[status],
      label,
      score,
      iou: iou ?? null,
      region,
    });
  }
  for (const { index, status, finding } of view?.truths ?? []) {
    const truthRegion = truth?.regions[index];
    if (truthRegion === undefined) continue;
    const iou = finding === null ? null : (view?.findings[finding]?.iou ?? null);
    const { label, region } = truthRegion;
    marks.push({
      kind: 'truth',
      index,
      status: hasRun ? OF_TRUTH[status] : 'found',
      label,
      score: null,
      iou,
      region,
    });
  }
  return marks;
}

/** How a status looks: never by colour alone. */
export interface MarkStyle {
  /** In the table and the legend. */
  word: string;
  /** On the image, which is always shown on black. */
  colour: string;
  /** Dash pattern in CSS pixels; empty for a solid line. */
  dash: number[];
  lineWidth: number;
  glyph: 'disc' | 'triangle' | 'diamond' | 'ring' | 'none';
}

export const STYLES: Record<MarkStatus, MarkStyle> = {
  true_positive: { word: 'True positive', colour: '#5cc8ff', dash: [], lineWidth: 1.5, glyph: 'disc' },
  false_positive: {
    word: 'False positive',
    colour: '#ffab40',
    dash: [6, 4],
    lineWidth: 1.75,
    glyph: 'triangle',
  },
  missed: { word: 'Missed', colour: '#ff7ed4', dash: [0.5, 4.5], lineWidth: 2.5, glyph: 'diamond' },
  found: { word: 'Truth', colour: '#f4f6f6', dash: [], lineWidth: 0.75, glyph: 'none' },
  ignored: { word: 'Ignored', colour: '#a9b4b8', dash: [10, 3, 2, 3], lineWidth: 1.25, glyph: 'ring' },
  unjudged: { word: 'Not judged', colour: '#c8b6ff', dash: [], lineWidth: 1.5, glyph: 'ring' },
  below_threshold: { word: 'Below threshold', colour: '#a9b4b8', dash: [2, 4], lineWidth: 1, glyph: 'none' },
};
