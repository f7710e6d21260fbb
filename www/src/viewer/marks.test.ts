import { describe, expect, it } from 'vitest';
import type { CaseView, Finding, Truth } from '../worker/words';
import { caseMarks, type Mark, STYLES } from './marks';
import { markAt } from './pick';

const region = (x: number, y: number, size: number) => ({
  bounding_box: { x_min: x, y_min: y, x_max: x + size, y_max: y + size },
});
const findings: Finding[] = [
  { label: 'nucleus', score: 0.9, region: region(0, 0, 10) },
  { label: 'nucleus', score: 0.2, region: region(20, 20, 10) },
];
const truth: Truth = {
  regions: [
    { label: 'nucleus', region: region(1, 1, 10), crowd: false },
    { label: 'nucleus', region: region(40, 40, 10), crowd: false },
  ],
};
const view: CaseView = {
  counts: { true_positives: 1, false_positives: 0, false_negatives: 1 },
  values: [],
  findings: [
    { index: 0, status: 'true_positive', iou: 0.68, truth: 0 },
    { index: 1, status: 'below_threshold', iou: null, truth: null },
  ],
  truths: [
    { index: 0, status: 'found', finding: 0 },
    { index: 1, status: 'missed', finding: null },
  ],
};

describe('the marks of a case', () => {
  it('are its findings and its truths, each with the IoU of its pair', () => {
    const marks = caseMarks(findings, truth, view, true);
    expect(marks.map(({ kind, status, score, iou }) => [kind, status, score, iou])).toEqual([
      ['finding', 'true_positive', 0.9, 0.68],
      ['finding', 'below_threshold', 0.2, null],
      ['truth', 'found', null, 0.68],
      ['truth', 'missed', null, null],
    ]);
  });

  it('call nothing missed before the model has run', () => {
    const marks = caseMarks([], truth, { ...view, findings: [] }, false);
    expect(marks.map(({ status }) => status)).toEqual(['found', 'found']);
  });

  it('never tell what is right, wrong and missed apart by colour alone', () => {
    const judged = (['true_positive', 'false_positive', 'missed'] as const).map((status) => STYLES[status]);
    expect(new Set(judged.map(({ dash }) => dash.join())).size).toBe(3);
    expect(new Set(judged.map(({ glyph }) => glyph)).size).toBe(3);
    expect(new Set(judged.map(({ word }) => word)).size).toBe(3);
  });
});

describe('the mark under the pointer', () => {
  const mark = (index: number, size: number, mask?: Mark['region']['mask']): Mark => ({
    kind: 'finding',
    index,
    status: 'true_positive',
    label: 'x',
    score: 0.5,
    iou: null,
    region: { ...region(0, 0, size), ...(mask && { mask }) },
  });

  it('is the smallest box there', () => {
    expect(markAt([mark(0, 30), mark(1, 10), mark(2, 20)], { x: 5, y: 5 })?.index).toBe(1);
    expect(markAt([mark(0, 30), mark(1, 10)], { x: 15, y: 5 })?.index).toBe(0);
    expect(markAt([mark(0, 30)], { x: 31, y: 5 })).toBeNull();
  });

  it('is rather one whose pixels are there than one with only its box there', () => {
    const full = { width: 30, height: 30, counts: [0, 900] };
    expect(markAt([mark(0, 30, full), mark(1, 10)], { x: 5, y: 5 })?.index).toBe(0);
  });
});
