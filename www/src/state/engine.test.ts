import { describe, expect, it } from 'vitest';
import { WorkerClient } from '../worker/client';
import type { AdapterReport, EngineCalls, Reply } from '../worker/messages';
import { FakeWorker } from '../worker/testing';
import { Activities } from './activity.svelte';
import { EngineHost } from './engine.svelte';
import type { Library } from './library';
import { weightsFile } from './loadable';

interface World {
  adapter?: Partial<AdapterReport>;
  /** Largest difference from the known answer, by device. */
  agreement?: Record<string, number>;
  /** Devices that cannot be opened. */
  missing?: string[];
  builds?: string[];
  /** Crashes on the first run. */
  fragile?: boolean;
}

/** An engine host over a worker that plays this world, and what it was asked. */
function host(world: World) {
  const asked: string[] = [];
  let device = '';
  let runs = 0;
  const answer = (
    name: string,
    args: { device: string; name: string },
    reply: (reply: Reply) => void,
    id: number,
  ) => {
    const say = (value: unknown) => reply({ type: 'result', id, value });
    const fail = (kind: string, message: string) => reply({ type: 'error', id, fault: { kind, message } });
    asked.push(name === 'start' ? `start ${args.device}` : name);
    if (name === 'probe') say({ present: true, software: false, description: 'a card', ...world.adapter });
    if (name === 'start') {
      device = args.device;
      if (world.missing?.includes(device)) fail('no_adapter', 'There is no adapter.');
      else say({ device, adapter: 'by its own name' });
    }
    if (name === 'load') {
      const agreement = world.agreement?.[device] ?? 1e-6;
      if (args.name === 'bad') fail('architecture', 'bad holds another architecture.');
      else
        say({
          name: args.name,
          agreement,
          tolerance: 1e-3,
          agrees: agreement <= 1e-3,
          sha256: '',
          architecture: '',
        });
    }
    if (name === 'run') {
      runs += 1;
      if (world.fragile && runs === 1) reply({ type: 'crash', message: 'panicked' });
      else say([]);
    }
  };
  const downloads: string[] = [];
  const library = {
    has: (name: string) => (world.builds ?? ['cpu', 'gpu']).includes(name),
    module: async (name: string) => {
      downloads.push(name);
      return name as unknown as WebAssembly.Module;
    },
  } as unknown as Library;
  const client = new WorkerClient<EngineCalls>(() => new FakeWorker(answer as never));
  return { engine: new EngineHost(client, library, new Activities()), asked, downloads };
}

const { signal } = new AbortController();
const weights = (name = 'nuclei') => weightsFile(name, new Uint8Array(1));
const image = () => ({ samples: new Uint8Array(1), width: 1, height: 1, channels: 1 }) as never;
const progress = () => {};

describe('the choice of a device', () => {
  it('is WebGPU where there is a real adapter', async () => {
    const { engine, downloads } = host({});
    await engine.prepare('auto', weights(), signal);
    expect(engine.device?.device).toBe('gpu');
    expect(downloads).toEqual(['gpu']);
    expect(engine.note).toBe('');
  });

  it('is the CPU where the adapter is software, unless it is asked for', async () => {
    const soft = host({ adapter: { software: true } });
    await soft.engine.prepare('auto', weights(), signal);
    expect(soft.downloads).toEqual(['cpu']);
    expect(soft.engine.note).toMatch(/software/);
    expect(soft.engine.surprising).toBe(false);
    await soft.engine.prepare('gpu', weights(), signal);
    expect(soft.engine.device?.device).toBe('gpu');
  });

  it('is the CPU without an adapter or without a module, and who asked is told', async () => {
    const none = host({ adapter: { present: false, description: 'No adapter.' } });
    await none.engine.prepare('gpu', weights(), signal);
    expect(none.engine.device?.device).toBe('cpu');
    expect(none.engine.surprising).toBe(true);
    const small = host({ builds: ['cpu'] });
    await small.engine.prepare('gpu', weights(), signal);
    expect(small.engine.note).toMatch(/no WebGPU engine/);
  });

  it('does not even look for an adapter where the CPU is asked for', async () => {
    const { engine, asked } = host({});
    await engine.prepare('cpu', weights(), signal);
    expect(asked).toEqual(['start cpu', 'load']);
  });
});

describe('a device that cannot be believed', () => {
  it('gives way to the CPU of the same module, with the reason', async () => {
    const { engine, asked, downloads } = host({ agreement: { gpu: 0.5 } });
    const info = await engine.prepare('auto', weights(), signal);
    expect(info.agrees).toBe(true);
    expect(asked).toEqual(['probe', 'start gpu', 'load', 'start cpu', 'load']);
    expect(downloads).toEqual(['gpu']);
    expect(engine.note).toMatch(/WebGPU differs from the known answer of nuclei by 5\.0e-1.*The CPU is used/);
    expect(engine.surprising).toBe(true);
  });

  it('gives way as well where it cannot be opened', async () => {
    const { engine } = host({ missing: ['gpu'] });
    await engine.prepare('auto', weights(), signal);
    expect(engine.device?.device).toBe('cpu');
    expect(engine.note).toMatch(/There is no adapter/);
  });

  it('shows no result where the CPU disagrees too', async () => {
    const { engine } = host({ agreement: { cpu: 1 } });
    await expect(engine.prepare('cpu', weights(), signal)).rejects.toMatchObject({ kind: 'disagreement' });
  });
});

describe('an engine', () => {
  it('goes on with the model before where another cannot be used', async () => {
    const { engine } = host({});
    await engine.prepare('cpu', weights(), signal);
    await expect(engine.prepare('cpu', weights('bad'), signal)).rejects.toMatchObject({
      kind: 'architecture',
    });
    expect(engine.model?.name).toBe('nuclei');
    await expect(engine.run(image(), { signal, progress })).resolves.toEqual([]);
  });

  it('loads nothing twice', async () => {
    const { engine, asked } = host({});
    const nuclei = weights();
    await engine.prepare('cpu', nuclei, signal);
    await engine.prepare('cpu', nuclei, signal);
    await engine.run(image(), { signal, progress });
    expect(asked).toEqual(['start cpu', 'load', 'run']);
  });

  it('is started again after a crash, with its device and its model', async () => {
    const { engine, asked } = host({ fragile: true });
    await engine.prepare('cpu', weights(), signal);
    await expect(engine.run(image(), { signal, progress })).rejects.toMatchObject({ kind: 'crash' });
    await expect(engine.run(image(), { signal, progress })).resolves.toEqual([]);
    expect(asked).toEqual(['start cpu', 'load', 'run', 'start cpu', 'load', 'run']);
  });
});
