/** What comes with the site: samples and models, by their index files, and the WebAssembly modules. */
import { downloadBytes, downloadJson, downloadModule } from '../worker/download';
import type { EngineModule } from '../worker/words';
import type { Activities } from './activity.svelte';
import { bytes } from './format';
import type { OfferedModel } from './modelstore';

export interface SampleFile {
  path: string;
  role: 'image' | 'label_map' | 'coco';
  bytes: number;
}

export interface SampleEntry {
  name: string;
  title: string;
  credit: string;
  licence: string;
  model: string;
  files: SampleFile[];
}

export interface ModelEntry {
  name: string;
  title: string;
  file: string;
  bytes: number;
  labels: string[];
}

type ModuleName = 'desk' | 'intake' | 'evaluation' | 'words' | EngineModule;

/** Sizes of the modules, written in when the page is built. */
declare const __WASM_BYTES__: Partial<Record<ModuleName, number>>;

const WASM = import.meta.glob<string>(
  '../../../pkg/{desk,intake,evaluation,words,cpu,gpu,grounder_cpu,grounder_gpu}/*_bg.wasm',
  {
    query: '?url',
    import: 'default',
    eager: true,
  },
);

const MODULE_TITLES = {
  desk: 'Loading the file and metrics module',
  intake: 'Loading the module for all file formats',
  evaluation: 'Loading the evaluation',
  words: 'Loading the words of Florence-2',
  cpu: 'Loading the CPU engine',
  gpu: 'Loading the WebGPU engine',
  grounder_cpu: 'Loading the CPU engine for models that are asked in words',
  grounder_gpu: 'Loading the WebGPU engine for models that are asked in words',
};

/** Fetches what the site offers, each thing once. */
export class Library {
  readonly #activities: Activities;
  readonly #modules = new Map<string, Promise<WebAssembly.Module>>();
  readonly #files = new Map<string, Promise<Uint8Array>>();

  constructor(activities: Activities) {
    this.#activities = activities;
  }

  samples(): Promise<SampleEntry[]> {
    return downloadJson<SampleEntry[]>('./samples/index.json');
  }

  models(): Promise<(ModelEntry | OfferedModel)[]> {
    return downloadJson<(ModelEntry | OfferedModel)[]>('./models/index.json');
  }

  /** Whether this build of the page has a module. */
  has(name: EngineModule): boolean {
    return `../../../pkg/${name}/groundglass_${name}_bg.wasm` in WASM;
  }

  module(name: ModuleName): Promise<WebAssembly.Module> {
    return this.#once(this.#modules, name, (signal, cancel) => {
      const url = WASM[`../../../pkg/${name}/groundglass_${name}_bg.wasm`] ?? `groundglass_${name}_bg.wasm`;
      return this.#activities.during(
        MODULE_TITLES[name],
        'bytes',
        ({ update }) => downloadModule(url, { signal, total: __WASM_BYTES__[name], progress: update }),
        cancel,
      );
    });
  }

  /** The weights of a model. */
  weights(model: ModelEntry): Promise<Uint8Array> {
    const title = `Loading the model ${model.name} (${bytes(model.bytes)})`;
    return this.#file(`./models/${model.file}`, title, model.bytes);
  }

  /** One file of a sample. */
  sample(file: SampleFile): Promise<Uint8Array> {
    return this.#file(`./samples/${file.path}`, `Loading ${file.path}`, file.bytes);
  }

  #file(url: string, title: string, total: number): Promise<Uint8Array> {
    return this.#once(this.#files, url, (signal, cancel) =>
      this.#activities.during(
        title,
        'bytes',
        ({ update }) => downloadBytes(url, { signal, total, progress: update }),
        cancel,
      ),
    );
  }

  /** A download that failed or was cancelled is tried anew when it is next asked for. */
  #once<T>(
    kept: Map<string, Promise<T>>,
    key: string,
    start: (signal: AbortSignal, cancel: () => void) => Promise<T>,
  ): Promise<T> {
    const known = kept.get(key);
    if (known !== undefined) return known;
    const controller = new AbortController();
    const promise = start(controller.signal, () => controller.abort());
    kept.set(key, promise);
    promise.catch(() => kept.delete(key));
    return promise;
  }
}
