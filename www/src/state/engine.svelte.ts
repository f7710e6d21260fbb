/** One device and one model: which, how well they agree, and how to start them again. */
import type { WorkerClient } from '../worker/client';
import { Fault } from '../worker/fault';
import type { AdapterReport, EngineCalls, ModelFile, OpenedImage } from '../worker/messages';
import type {
  DeviceKind,
  DeviceRecord,
  EngineModule,
  Finding,
  GrounderNeeds,
  ModelInfo,
  ModelRecord,
} from '../worker/words';
import type { Activities } from './activity.svelte';
import type { Library } from './library';
import type { EngineCall, Loadable, RunOptions } from './loadable';
import type { DeviceChoice } from './view';

interface Setup {
  flavour: EngineModule;
  module: WebAssembly.Module;
  device: DeviceKind;
}

export class EngineHost {
  adapter = $state.raw<AdapterReport | null>(null);
  /** What runs, by its own words; `null` until a model has been loaded. */
  device = $state.raw<{ device: string; adapter: string } | null>(null);
  model = $state.raw<ModelInfo | null>(null);
  /** Why another device runs than was asked for or is there. */
  note = $state('');
  /** Whether that is against what was asked for, or a fault. */
  surprising = $state(false);
  readonly #client: WorkerClient<EngineCalls>;
  readonly #library: Library;
  readonly #activities: Activities;
  #setup: Setup | null = null;
  #weights: Loadable | null = null;
  #started = { generation: 0, setup: null as Setup | null, weights: null as Loadable | null };
  #queue: Promise<unknown> = Promise.resolve();

  constructor(client: WorkerClient<EngineCalls>, library: Library, activities: Activities) {
    this.#client = client;
    this.#library = library;
    this.#activities = activities;
  }

  get records(): { model: ModelRecord; device: DeviceRecord } | null {
    const { model, device } = this;
    if (model === null || device === null) return null;
    const { name, architecture, sha256, agreement, tolerance } = model;
    return { model: { name, architecture, sha256 }, device: { ...device, agreement, tolerance } };
  }

  /** Whether the model would find anything: one that is asked in words must be asked. */
  get willing(): boolean {
    return this.#weights?.willing ?? true;
  }

  /** What is said while it runs. */
  get running(): Loadable['running'] {
    return this.#weights?.running ?? { title: 'Running the model', unit: 'tiles' };
  }

  /** Which module is to be used, and why not the other one. */
  async choose(choice: DeviceChoice): Promise<{ flavour: DeviceKind; note: string }> {
    if (choice === 'cpu') return { flavour: 'cpu', note: '' };
    this.adapter ??= await this.#client.call('probe', null);
    const { present, software, description } = this.adapter;
    if (!present) return { flavour: 'cpu', note: choice === 'gpu' ? `${description} The CPU is used.` : '' };
    if (software && choice === 'auto') {
      return {
        flavour: 'cpu',
        note: `The only WebGPU adapter is software (${description}). The CPU is used.`,
      };
    }
    if (!this.#library.has('gpu')) {
      return { flavour: 'cpu', note: 'This build of the page has no WebGPU engine. The CPU is used.' };
    }
    return { flavour: 'gpu', note: '' };
  }

  /**
   * Makes a device and a model ready, and checks that the device reproduces the model's known answer.
   * @throws {Fault} with the file's name where the weights cannot be used; what ran before goes on running.
   */
  prepare(choice: DeviceChoice, weights: Loadable, signal: AbortSignal): Promise<ModelInfo> {
    return this.#alone(async () => {
      const { flavour, note } = await this.choose(choice);
      const before = { setup: this.#setup, weights: this.#weights };
      try {
        const info = await this.#settle(
          await this.#module(flavour, weights.inWords),
          weights,
          { note, surprising: choice === 'gpu' && note !== '' },
          signal,
        );
        this.model = info;
        return info;
      } catch (thrown) {
        this.#setup = before.setup;
        this.#weights = before.weights;
        this.#started.weights = null;
        throw thrown;
      }
    });
  }

  /**
   * What a model that is asked in words needs on the device; only its configuration is read.
   * @throws {Fault} of kind `too_large` where the device cannot hold it.
   */
  needs(choice: DeviceChoice, files: ModelFile[], signal: AbortSignal): Promise<GrounderNeeds> {
    return this.#alone(async () => {
      const { flavour } = await this.choose(choice);
      const setup = await this.#module(flavour, true);
      try {
        await this.#start(setup, signal);
      } catch (thrown) {
        if (flavour === 'cpu' || !(thrown instanceof Fault) || thrown.kind !== 'no_adapter') throw thrown;
        await this.#start({ ...setup, device: 'cpu' }, signal);
      }
      return this.#client.call('needs', { files }, { signal });
    });
  }

  async #module(device: DeviceKind, inWords: boolean): Promise<Setup> {
    const flavour: EngineModule = inWords ? `grounder_${device}` : device;
    return { flavour, module: await this.#library.module(flavour), device };
  }

  async #settle(
    setup: Setup,
    weights: Loadable,
    { note, surprising }: { note: string; surprising: boolean },
    signal: AbortSignal,
  ): Promise<ModelInfo> {
    this.note = note;
    this.surprising = surprising;
    let reason = '';
    try {
      const info = await this.#load(setup, weights, signal);
      if (info.agrees) return info;
      reason = `differs from the known answer of ${info.name} by ${info.agreement.toExponential(1)}, more than ${info.tolerance.toExponential(1)}`;
    } catch (thrown) {
      if (
        setup.device === 'cpu' ||
        !(thrown instanceof Fault) ||
        !['no_adapter', 'crash'].includes(thrown.kind)
      )
        throw thrown;
      reason = `failed (${thrown.message.replace(/\.$/, '')})`;
    }
    if (setup.device === 'cpu') {
      throw new Fault({
        kind: 'disagreement',
        file: weights.name,
        message: `${weights.name}: this device ${reason}. No result is shown.`,
      });
    }
    // The WebGPU module can compute on the CPU too, so nothing more is downloaded.
    return this.#settle(
      { ...setup, device: 'cpu' },
      weights,
      { note: `WebGPU ${reason}. The CPU is used.`, surprising: true },
      signal,
    );
  }

  /** Findings of one image. Its samples are moved into the worker. @throws {Fault} */
  run(image: OpenedImage, options: RunOptions): Promise<Finding[]> {
    return this.#alone(async () => {
      if (this.#setup === null || this.#weights === null) {
        throw new Fault({ kind: 'internal', message: 'No model has been loaded.' });
      }
      await this.#load(this.#setup, this.#weights, options.signal);
      return this.#weights.run(this.#calling(options.signal), image, options);
    });
  }

  #calling(signal: AbortSignal): EngineCall {
    return (name, args, options) => this.#client.call(name, args as never, { ...options, signal }) as never;
  }

  /** Brings the worker to this state, from whatever state it is in: fresh, of another device or model, or there already. */
  async #load(setup: Setup, weights: Loadable, signal: AbortSignal): Promise<ModelInfo> {
    if (this.#isStarted(setup) && this.#started.weights === weights && this.model !== null) return this.model;
    const control = new AbortController();
    const either = AbortSignal.any([signal, control.signal]);
    const { title, unit } = weights.loading;
    return this.#activities.during(
      title,
      unit,
      async ({ update }) => {
        await this.#start(setup, either);
        this.#started.weights = null;
        const info = await weights.load(this.#calling(either), update);
        this.#started.weights = weights;
        this.#setup = setup;
        this.#weights = weights;
        return info;
      },
      () => control.abort(),
    );
  }

  #isStarted({ module, device }: Setup): boolean {
    const { generation, setup } = this.#started;
    return generation === this.#client.wake() && setup?.module === module && setup.device === device;
  }

  async #start(setup: Setup, signal: AbortSignal): Promise<void> {
    if (this.#isStarted(setup)) return;
    const started = this.#started;
    // A worker holds one module for good: another one needs a new worker.
    if (
      started.generation === this.#client.generation &&
      started.setup !== null &&
      started.setup.module !== setup.module
    )
      this.#client.stop();
    this.#started = { generation: this.#client.wake(), setup: null, weights: null };
    this.device = this.#named(await this.#client.call('start', setup, { signal }));
    this.#started.setup = setup;
  }

  /** The browser knows the adapter by a better name than the module, which sees only "WebGPU". */
  #named({ device, adapter }: { device: string; adapter: string }): { device: string; adapter: string } {
    const known = device === 'gpu' && this.adapter?.present === true;
    return { device, adapter: known ? (this.adapter?.description ?? adapter) : adapter };
  }

  /** One thing at a time: the engine holds one model and runs one image. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(work, work);
    this.#queue = result.catch(() => undefined);
    return result;
  }
}
