import { expect, test } from 'vitest';
import { restoredState } from './bundles';

const made = {
  model: { name: 'nuclei', architecture: 'retina_unet', sha256: 'ab' },
  device: { device: 'cpu', adapter: 'CPU', agreement: 1e-7, tolerance: 1e-4 },
};

test('what the page wrote is what it takes over', () => {
  const corrections = { files: {}, set: { classes: { cell: 'nucleus' } } };
  const state = { score_threshold: 0.35, iou_threshold: 0.25, region: 'boxes', ...made, case: 'b.png' };
  expect(restoredState({ ...state, scope: 'case', class: 'nucleus', corrections })).toEqual({
    score: 0.35,
    iou: 0.25,
    region: 'box',
    made,
    case: 'b.png',
    scope: 'case',
    className: 'nucleus',
    corrections,
  });
});

test('what is of another kind is as if it were not there', () => {
  const nothing = {
    score: null,
    iou: null,
    region: null,
    made: null,
    case: undefined,
    scope: null,
    className: null,
    corrections: null,
  };
  const odd = {
    score_threshold: 7,
    iou_threshold: '0.5',
    region: 'lines',
    model: { ...made.model, sha256: 3 },
    device: made.device,
    case: 4,
    scope: 'all',
    class: null,
    corrections: [],
  };
  const refused = [
    { files: {}, set: { classes: 5 } },
    { files: {}, set: { classes: { cell: ' ' } } },
    { files: {}, set: { spacing: [0, 1] } },
    { files: {}, set: { spacing_everywhere: 'yes' } },
    { files: { 'a.csv': 3 }, set: {} },
  ];
  for (const corrections of refused) expect(restoredState({ corrections })).toEqual(nothing);
  for (const value of [null, undefined, 3, 'text', [], {}, odd])
    expect(restoredState(value)).toEqual(nothing);
});
