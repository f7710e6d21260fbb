import { describe, expect, it } from 'vitest';
import { bytes, duration, metric, plural, sharedFolder, small, undefinedReason } from './format';

describe('numbers as they are read', () => {
  it('counts bytes in powers of ten', () => {
    expect([999, 1234, 420_000, 3_040_000, 227_000_000].map(bytes)).toEqual([
      '999 B',
      '1.2 kB',
      '420 kB',
      '3.0 MB',
      '227 MB',
    ]);
  });

  it('estimates no more exactly than it knows', () => {
    expect([0.4, 42, 150, 7200].map(duration)).toEqual([
      'less than a second',
      'about 42 s',
      'about 3 min',
      'about 2.0 h',
    ]);
  });

  it('tells counts from fractions', () => {
    expect([metric(125), metric(1), metric(0), metric(0.86412)]).toEqual(['125', '1.000', '0.000', '0.864']);
  });

  it('writes agreements short', () => {
    expect([small(0), small(2.4e-6), small(1e-4)]).toEqual(['0', '2.4e-6', '1.0e-4']);
  });

  it('has words for a missing value, even for a reason it does not know', () => {
    expect(undefinedReason('no_truth')).toBe('no truth');
    expect(undefinedReason('some_new_reason')).toBe('some new reason');
  });

  it('finds the folders that paths share', () => {
    expect(sharedFolder(['set/images/1.png', 'set/images/12.png'])).toBe('set/images/');
    expect(sharedFolder(['set/a/1.png', 'set/ab/1.png'])).toBe('set/');
    expect(sharedFolder(['a/1.png', 'b/1.png'])).toBe('');
    expect(sharedFolder(['1.png'])).toBe('');
    expect(sharedFolder([])).toBe('');
  });

  it('counts in words', () => {
    expect([plural(1, 'case'), plural(1200, 'case')]).toEqual(['1 case', '1,200 cases']);
  });
});
