/** A model that is asked in words: its files, what it needs, and how it comes to run. */
import { asFault, Fault } from '../worker/fault';
import type { ModelFile } from '../worker/messages';
import type { GrounderNeeds } from '../worker/words';
import type { Activities } from './activity.svelte';
import { Asking } from './asking.svelte';
import type { WordsDesk } from './desk';
import type { EngineHost } from './engine.svelte';
import type { UserFile } from './files';
import { bytes } from './format';
import { GrounderModel } from './grounder';
import { missingParts, modelFiles, partOf } from './modelfiles';
import {
  deleteModel,
  fetchModel,
  fetchSettings,
  type KeptModel,
  keepModel,
  listModels,
  type OfferedModel,
  openModel,
} from './modelstore';
import { canRemember } from './remembered';
import type { DeviceChoice } from './view';

export class Grounding {
  readonly asking: Asking;
  /** Whether the user has chosen such a model in the menu. */
  chosen = $state(false);
  files = $state.raw<ModelFile[]>([]);
  needs = $state.raw<GrounderNeeds | null>(null);
  fault = $state('');
  /** Models that the site offers. */
  offered = $state.raw<OfferedModel[]>([]);
  /** Models that are kept on this device. */
  kept = $state.raw<KeptModel[]>([]);
  readonly canKeep = canRemember();
  readonly #words: WordsDesk;
  readonly #engine: EngineHost;
  readonly #activities: Activities;
  /** What the list of the site says the weights are. */
  #sha256 = '';

  constructor(words: WordsDesk, engine: EngineHost, activities: Activities) {
    this.#words = words;
    this.#engine = engine;
    this.#activities = activities;
    this.asking = new Asking(words);
  }

  get missing(): string[] {
    return missingParts(this.files);
  }

  get size(): number {
    return this.files.reduce((sum, { file }) => sum + file.size, 0);
  }

  /** A name for people: the folder's is not known to a page, so it is the weights'. */
  get title(): string {
    const weights = this.files.filter(({ name }) => partOf(name) === 'weights');
    return weights.length > 1
      ? `${weights[0]?.name} and ${weights.length - 1} more`
      : (weights[0]?.name ?? '');
  }

  /** Shows what can be loaded. */
  async open(): Promise<void> {
    this.chosen = true;
    await this.list();
  }

  async list(): Promise<void> {
    this.kept = this.canKeep ? await listModels().catch(() => []) : [];
  }

  /** Takes files of the user's, and says what the model would need as soon as that is known. */
  async add(added: UserFile[], device: DeviceChoice): Promise<void> {
    this.chosen = true;
    const more = modelFiles(added);
    const names = new Set(more.map(({ name }) => name));
    await this.#use([...this.files.filter(({ name }) => !names.has(name)), ...more], '', device);
    if (more.length === 0) this.fault = 'None of these files belongs to a Florence-2.';
  }

  async #use(files: ModelFile[], sha256: string, device: DeviceChoice): Promise<void> {
    this.files = files;
    this.#sha256 = sha256;
    this.needs = null;
    this.fault = '';
    if (!files.some(({ name }) => partOf(name) === 'config')) return;
    const control = new AbortController();
    try {
      this.needs = await this.#activities.during(
        'Working out what the model needs on this device',
        'none',
        () => this.#engine.needs(device, files, control.signal),
        () => control.abort(),
      );
    } catch (thrown) {
      this.#say(thrown);
    }
  }

  clear(): void {
    this.files = [];
    this.needs = null;
    this.fault = '';
  }

  /** Loads the model. @throws {Fault} where it cannot be used. */
  async load(device: DeviceChoice): Promise<GrounderModel> {
    this.fault = '';
    try {
      const part = async (wanted: string) => {
        const found = this.files.find(({ name }) => partOf(name) === wanted);
        if (found === undefined) throw new Fault({ kind: 'missing', message: `There is no ${wanted} file.` });
        return new Uint8Array(await found.file.arrayBuffer());
      };
      await this.asking.open();
      await this.#words.useTokenizer(await part('tokenizer'), await part('config'));
      this.asking.rounds = [];
      this.asking.forget();
      const model = new GrounderModel(this.title, this.files, this.asking, this.#words);
      const info = await this.#engine.prepare(device, model, new AbortController().signal);
      if (this.#sha256 !== '' && info.sha256 !== this.#sha256) {
        const message = `${this.title} is not what the site names: its SHA-256 is ${info.sha256}. Delete it and load it again.`;
        throw new Fault({ kind: 'hash', file: this.title, message });
      }
      return model;
    } catch (thrown) {
      this.#say(thrown);
      throw thrown;
    }
  }

  /** Fetches what the site offers, because the user has agreed to it. */
  async fetch(offered: OfferedModel, device: DeviceChoice): Promise<void> {
    const total = offered.files.reduce((sum, file) => sum + file.bytes, 0);
    // What the device cannot hold is told before it is fetched.
    const control = new AbortController();
    try {
      await this.#use(await fetchSettings(offered, control.signal), '', device);
    } catch (thrown) {
      this.#say(thrown);
    }
    if (this.fault !== '') return;
    const done = await this.#keeping(`Loading ${offered.title} (${bytes(total)})`, (options) =>
      fetchModel(offered, options),
    );
    if (done !== null) await this.openKept(done, device);
  }

  /** Copies the files that are chosen to the browser's own folder for this site. */
  async keep(): Promise<void> {
    await this.#keeping(`Keeping ${this.title} on this device`, async (options) => {
      await keepModel(this.title, this.files, options);
      return '';
    });
  }

  async #keeping(
    title: string,
    work: (options: {
      signal: AbortSignal;
      progress: (done: number, total: number) => void;
    }) => Promise<string>,
  ): Promise<string | null> {
    const control = new AbortController();
    this.fault = '';
    try {
      return await this.#activities.during(
        title,
        'bytes',
        ({ update }) => work({ signal: control.signal, progress: update }),
        () => control.abort(),
      );
    } catch (thrown) {
      this.#say(thrown);
      return null;
    } finally {
      await this.list();
    }
  }

  async openKept(id: string, device: DeviceChoice): Promise<void> {
    try {
      const files = await openModel(id);
      const kept = this.kept.find((model) => model.id === id);
      const offered = this.offered.find(({ title }) => title === kept?.title);
      const weights = offered?.files.filter(({ name }) => partOf(name) === 'weights') ?? [];
      await this.#use(files, weights.length === 1 ? (weights[0]?.sha256 ?? '') : '', device);
    } catch (thrown) {
      this.#say(thrown);
    }
  }

  async delete(id: string): Promise<void> {
    await deleteModel(id).catch((thrown) => this.#say(thrown));
    await this.list();
  }

  #say(thrown: unknown): void {
    const fault = asFault(thrown);
    if (!fault.cancelled) this.fault = fault.message;
  }
}
