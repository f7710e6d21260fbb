import { describe, expect, it } from 'vitest';
import { isSoftware, probeAdapter } from './adapter';

const names = (part: Partial<Parameters<typeof isSoftware>[0]>) => ({
  vendor: '',
  architecture: '',
  device: '',
  description: '',
  ...part,
});

const offering = (adapter: unknown) => ({ requestAdapter: async () => adapter }) as unknown as GPU;

describe('an adapter', () => {
  it('is software by its own flag or by its name', () => {
    expect(isSoftware(names({ vendor: 'nvidia', architecture: 'ada' }), false)).toBe(false);
    expect(isSoftware(names({ vendor: 'nvidia' }), true)).toBe(true);
    expect(isSoftware(names({ vendor: 'google', architecture: 'swiftshader' }), false)).toBe(true);
    expect(isSoftware(names({ vendor: 'mesa', description: 'llvmpipe (LLVM 19)' }), false)).toBe(true);
  });

  it('is described by its own words, each once', async () => {
    const info = {
      ...names({ vendor: 'apple', architecture: 'metal-3', description: 'apple' }),
      isFallbackAdapter: false,
    };
    expect(await probeAdapter(offering({ info }))).toEqual({
      present: true,
      software: false,
      description: 'apple metal-3',
    });
  });

  it('may be missing, or WebGPU itself', async () => {
    expect(await probeAdapter(offering(null))).toEqual({
      present: false,
      software: false,
      description: 'WebGPU offers no adapter here.',
    });
    expect((await probeAdapter(undefined)).description).toMatch(/no WebGPU/);
    const broken = { requestAdapter: () => Promise.reject(new Error('lost')) } as unknown as GPU;
    expect((await probeAdapter(broken)).present).toBe(false);
  });
});
