import type { AdapterReport } from './messages';

const SOFTWARE = /swiftshader|llvmpipe|softpipe|lavapipe|software|basic render/i;

/** What is known of an adapter by name. */
export type AdapterNames = Pick<GPUAdapterInfo, 'vendor' | 'architecture' | 'device' | 'description'>;

/** Whether an adapter computes on the CPU after all, by its own flag or by the names of the known ones. */
export function isSoftware(names: AdapterNames, isFallback: boolean): boolean {
  return (
    isFallback ||
    [names.vendor, names.architecture, names.device, names.description].some((name) => SOFTWARE.test(name))
  );
}

/** Asks the platform for an adapter. Works on the page and in workers. */
export async function probeAdapter(gpu: GPU | undefined): Promise<AdapterReport> {
  if (gpu === undefined) {
    return { present: false, software: false, description: 'This browser has no WebGPU.' };
  }
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' }).catch(() => null);
  if (adapter === null) {
    return { present: false, software: false, description: 'WebGPU offers no adapter here.' };
  }
  const { info } = adapter;
  const words = [info.vendor, info.architecture, info.device, info.description].filter((word) => word !== '');
  return {
    present: true,
    software: isSoftware(info, info.isFallbackAdapter ?? false),
    description: [...new Set(words)].join(' ') || 'unnamed adapter',
  };
}
