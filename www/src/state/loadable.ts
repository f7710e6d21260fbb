/** What the engine can be loaded with. */
import type { CallOptions } from '../worker/client';
import type { EngineCalls, OpenedImage } from '../worker/messages';
import type { Finding, ModelInfo } from '../worker/words';
import type { Unit } from './activity.svelte';

/** The model in the chooser that stands for a file of the user's. */
export const OWN_MODEL = 'own file';
/** The one that is asked in words. */
export const GROUNDER = 'florence-2';

/** Asks the engine, on behalf of one run or loading that may be cancelled. */
export type EngineCall = <Name extends keyof EngineCalls>(
  name: Name,
  args: EngineCalls[Name]['args'],
  options?: Omit<CallOptions, 'signal'>,
) => Promise<EngineCalls[Name]['result']>;

export interface RunOptions {
  signal: AbortSignal;
  progress(done: number, total: number): void;
}

/** A model: how it is loaded, and how it looks at an image. */
export interface Loadable {
  readonly name: string;
  /** Whether it is asked in words, which other modules can do. */
  readonly inWords: boolean;
  /** Whether it would find anything now. */
  readonly willing: boolean;
  /** What the page says while it is made ready. */
  readonly loading: { title: string; unit: Unit };
  /** What it says while it runs, and what its progress counts. */
  readonly running: { title: string; unit: Unit };
  load(call: EngineCall, progress: (done: number, total: number) => void): Promise<ModelInfo>;
  run(call: EngineCall, image: OpenedImage, options: RunOptions): Promise<Finding[]>;
}

/** A weights file, bundled or the user's own, that finds what it was trained to find. */
export function weightsFile(name: string, bytes: Uint8Array): Loadable {
  return {
    name,
    inWords: false,
    willing: true,
    loading: { title: 'Checking the model on this device', unit: 'none' },
    running: { title: 'Running the model', unit: 'tiles' },
    load: (call) => call('load', { name, bytes }),
    run: (call, { samples, width, height, channels }, { progress }) =>
      call(
        'run',
        { samples, width, height, channels },
        { progress, transfer: [samples.buffer as ArrayBuffer] },
      ),
  };
}
