import { describe, expect, it } from 'vitest';
import { parseView, viewQuery } from './view';

describe('a view in a link', () => {
  it('is read back as it was written', () => {
    const query = '?sample=nuclei&model=nuclei&device=cpu&score=0.5&iou=0.75&region=mask';
    expect(viewQuery(parseView(query))).toBe(query);
    const phantom =
      '?sample=phantom-size&seed=7&count=2-9&contrast=0.3&noise=0&overlap=0.5&device=gpu&region=box';
    expect(viewQuery(parseView(phantom))).toBe(phantom);
  });

  it('is empty where everything is the choice of the page', () => {
    expect(viewQuery(parseView(''))).toBe('');
  });

  it('ignores what it does not understand', () => {
    const view = parseView(
      '?sample=../../etc&device=tpu&score=2&iou=x&region=blob&seed=-1&count=9-2&noise=7',
    );
    expect(view).toEqual({
      sample: null,
      model: null,
      device: 'auto',
      score: null,
      iou: null,
      region: null,
      phantom: { seed: 0 },
    });
  });
});
