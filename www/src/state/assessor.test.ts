import { expect, test } from 'vitest';
import type { EvaluateRequest, EvaluationOutcome } from '../worker/words';
import { Assessor } from './assessor.svelte';
import type { Assessments, Desk } from './desk';

/** An assessor of an open set, and what it asked to be evaluated. */
function assessor() {
  const asked: EvaluateRequest[] = [];
  const desk = { call: () => Promise.resolve({ cases: [], data: [] }) };
  const assessments = {
    call: (_name: string, { request }: { request: EvaluateRequest }) => {
      asked.push(request);
      return Promise.resolve({} as EvaluationOutcome);
    },
  };
  const wish = () => ({
    region: 'box' as const,
    context: { tool: 'test' } as never,
    score: 0.3,
    iou: 0.4,
    second: null,
  });
  return {
    asked,
    assessor: new Assessor(desk as unknown as Desk, assessments as unknown as Assessments, wish),
  };
}

test('what is chosen is what is asked, and the usual is asked where nothing was', async () => {
  const { asked, assessor: chosen } = assessor();
  await chosen.run();
  chosen.adjust = 'all';
  chosen.group = ' site ';
  chosen.interval = 'bca';
  await chosen.run();
  const thresholds = { iou_threshold: 0.4, score_threshold: 0.3 };
  expect(asked).toMatchObject([
    { ...thresholds, adjust: 'overall', group: null, convention: null, interval: 'percentile' },
    { ...thresholds, adjust: 'all', group: 'site', convention: null, interval: 'bca' },
  ]);
  expect(chosen.fault).toBe('');
});

test('columns are said of files, and not of the open set', async () => {
  const { asked, assessor: chosen } = assessor();
  chosen.columns = { image: ' scan ', truth: '', score: undefined };
  await chosen.run();
  chosen.source = 'files';
  const table = new File(['scan,truth\na,1\n'], 't.csv');
  chosen.files = { truth: [table], predictions: [[table], []], attributes: null };
  await chosen.run();
  expect(chosen.fault).toBe('');
  expect(asked.map(({ columns }) => columns)).toEqual([{}, { image: 'scan' }]);
});
