/** Everything that the page knows, and everything that can be asked of it. */
import { asFault, Fault } from '../worker/fault';
import type { CatalogueEntry, Hints, ReportContext, SetCorrections } from '../worker/words';
import { Activities } from './activity.svelte';
import { Assessor } from './assessor.svelte';
import { type Made, restoredState } from './bundles';
import { Casebook } from './casebook.svelte';
import { Assessments, Desk, WordsDesk } from './desk';
import { EngineHost } from './engine.svelte';
import { Exports } from './exports.svelte';
import { isWeights, joined, type UserFile } from './files';
import { Grounding } from './grounding.svelte';
import { Judge } from './judge.svelte';
import { Library, type ModelEntry, type SampleEntry } from './library';
import { GROUNDER, type Loadable, OWN_MODEL, weightsFile } from './loadable';
import { isGrounder, partOf } from './modelfiles';
import { keepSet, openSet } from './remembered';
import { Requests } from './requests.svelte';
import {
  type CaseSource,
  type Corrections,
  filesSource,
  PHANTOM_MODEL,
  PHANTOMS,
  phantomSource,
  type Restore,
  sampleSource,
  UNCORRECTED,
} from './source';
import { type DeviceChoice, type PhantomKnobs, parseView, type View, viewQuery } from './view';
import { assessorWorker, deskWorker, engineWorker, wordsWorker } from './workers';

export class Session {
  readonly activities = new Activities();
  readonly requests = new Requests();
  readonly library = new Library(this.activities);
  readonly desk: Desk;
  readonly engine: EngineHost;
  readonly book: Casebook;
  readonly judge: Judge;
  readonly assessor: Assessor;
  readonly grounding: Grounding;
  readonly exports = new Exports(this);
  view = $state.raw<View>(parseView(''));
  samples = $state.raw<SampleEntry[]>([]);
  models = $state.raw<ModelEntry[]>([]);
  definitions = $state.raw<CatalogueEntry[]>([]);
  version = $state('');
  /** The user's files that are open. */
  files = $state.raw<UserFile[]>([]);
  /** The bundle that is open: what made its findings, where it says so. */
  bundle = $state.raw<{ made: Made | null; hasReport: boolean } | null>(null);
  /** How the user wants files read that do not say it themselves. */
  corrections = $state.raw<Corrections>(UNCORRECTED);
  /** A model of the user's, in place of the site's. */
  ownModel = $state.raw<Loadable | null>(null);
  modelFault = $state('');
  /** What went wrong with the page itself. */
  fault = $state('');
  #pending = $state(0);
  #regionChosen = false;
  #modelSettled: Promise<unknown> = Promise.resolve();
  #model = new AbortController();
  /** The manifests of bundles whose state has been taken over; from then on the user decides. */
  readonly #restored = new WeakSet<Blob>();

  constructor() {
    this.desk = new Desk(
      deskWorker((entry) => this.requests.add([entry])),
      this.library,
    );
    const engine = engineWorker((entry) => this.requests.add([entry]));
    this.engine = new EngineHost(engine, this.library, this.activities);
    this.book = new Casebook(this.desk, this.engine, this.activities, {
      changed: () => {
        this.#chooseRegion();
        this.judge.refresh();
      },
      opened: () => {
        this.#regionChosen = false;
        this.judge.clear();
        this.assessor.clear();
      },
      forgotten: () => this.grounding.asking.forget(),
    });
    const words = wordsWorker((entry) => this.requests.add([entry]));
    this.grounding = new Grounding(new WordsDesk(words, this.library), this.engine, this.activities);
    this.judge = new Judge(this.desk, () => this.book.shown?.picture.name ?? null);
    const assessor = assessorWorker((entry) => this.requests.add([entry]));
    this.assessor = new Assessor(this.desk, new Assessments(assessor, this.library), () => ({
      region: this.judge.region,
      context: this.context,
      score: this.judge.score,
      iou: this.judge.iou,
      second: this.grounding.asking.second,
    }));
  }

  /** Opens the page in the state that its address asks for. */
  start(): Promise<void> {
    return this.#during(() => this.#start());
  }

  async #start(): Promise<void> {
    this.requests.watch();
    this.view = parseView(location.search);
    this.judge.score = this.view.score ?? 0.5;
    this.judge.iou = this.view.iou ?? 0.5;
    // Everything that the first result needs is fetched at the same time.
    const desk = this.desk
      .call('about', null)
      .then(({ version, definitions }) => {
        this.version = version;
        this.definitions = definitions;
      })
      .catch((thrown) => this.#say(thrown));
    // Whether this comes to a good end is told when the model is made ready.
    this.engine
      .choose(this.view.device)
      .then(({ flavour }) => this.library.module(flavour))
      .catch(() => undefined);
    try {
      const [samples, models] = await Promise.all([this.library.samples(), this.library.models()]);
      this.samples = samples;
      this.models = models.filter((model) => 'file' in model);
      this.grounding.offered = models.filter((model) => 'files' in model);
    } catch (thrown) {
      this.fault = asFault(thrown).message;
    }
    await this.#reopen();
    await desk;
  }

  // --- what is open

  get sampleName(): string {
    const names = [...this.samples.map(({ name }) => name), ...PHANTOMS.map(({ name }) => name)];
    const { sample } = this.view;
    return sample !== null && names.includes(sample) ? sample : (names[0] ?? 'phantom-shape');
  }

  get modelName(): string {
    if (this.ownModel !== null) return this.ownModel.inWords ? GROUNDER : OWN_MODEL;
    const names = this.models.map(({ name }) => name);
    const wanted = [
      this.view.model,
      this.samples.find(({ name }) => name === this.sampleName)?.model,
      PHANTOM_MODEL,
    ];
    return (
      wanted.find((name) => name !== null && name !== undefined && names.includes(name)) ?? names[0] ?? ''
    );
  }

  get ownFiles(): boolean {
    return this.files.length > 0;
  }

  #source(): CaseSource {
    if (this.ownFiles) return filesSource(this.files, this.corrections, (bundle) => this.#restore(bundle));
    const phantom = PHANTOMS.find(({ name }) => name === this.sampleName);
    if (phantom !== undefined) return phantomSource(phantom.kind, this.view.phantom);
    const sample = this.samples.find(({ name }) => name === this.sampleName);
    return sample === undefined
      ? phantomSource('shape', this.view.phantom)
      : sampleSource(sample, this.library);
  }

  async chooseSample(name: string): Promise<void> {
    const model = this.models.some((other) => other.name === this.view.model) ? this.view.model : null;
    const suits = this.samples.find((sample) => sample.name === name)?.model ?? PHANTOM_MODEL;
    this.files = [];
    // A sample brings its model; one that was chosen for another sample would only mislead.
    this.#setView({ sample: name, model: model === suits ? model : null, region: null });
    await this.#reopen();
  }

  async choosePhantom(phantom: PhantomKnobs): Promise<void> {
    this.#setView({ phantom });
    await this.#reopen();
  }

  async chooseModel(name: string): Promise<void> {
    this.grounding.chosen = false;
    this.ownModel = null;
    this.#setView({ model: name, score: null });
    await this.#reopen();
  }

  async chooseDevice(device: DeviceChoice): Promise<void> {
    this.#setView({ device });
    await this.#reopen();
  }

  /** Loads the model whose files have been chosen, which is asked in words; until it is there the one before it stays. */
  loadGrounder(): Promise<void> {
    return this.#during(async () => {
      this.modelFault = '';
      try {
        this.ownModel = await this.grounding.load(this.view.device);
      } catch {
        return;
      }
      this.#setView({ score: null });
      await this.#reopen();
    });
  }

  /** Asks what stands in the form, of the image on the screen or of all. */
  ask(everywhere: boolean): Promise<void> {
    return this.#during(async () => {
      const { asking } = this.grounding;
      asking.fault = '';
      try {
        await asking.settle();
      } catch (thrown) {
        asking.fault = asFault(thrown).message;
        return;
      }
      // Boxes are compared with boxes, also where the truth has masks.
      if (this.view.region === null) {
        this.judge.region = asking.wantsOutlines ? 'mask' : 'box';
        this.#regionChosen = true;
      }
      await this.book.again(everywhere ? null : this.book.selected).catch((thrown) => this.#say(thrown));
    });
  }

  /** Asks the same of the images that were not asked about yet. */
  askRest(): Promise<void> {
    return this.#during(() => this.book.askRest().catch((thrown) => this.#say(thrown)));
  }

  /** Opens what the user has dropped or picked: weights, images, truth, in any mixture. */
  openFiles(added: UserFile[]): Promise<void> {
    return this.#during(() => this.#openFiles(added));
  }

  async #openFiles(added: UserFile[]): Promise<void> {
    if (added.length === 0) return;
    // The last request before the files are looked at, unless it was made when they came near.
    await this.#during(() => this.desk.readEveryFormat()).catch((thrown) => this.#say(thrown));
    await this.requests.openFiles();
    if (isGrounder(added)) {
      await this.grounding.open();
      await this.grounding.add(added, this.view.device);
    }
    const inWords = isGrounder(added);
    const own = inWords ? undefined : added.filter(isWeights).at(-1);
    const rest = added.filter((file) => !isWeights(file) && !(inWords && partOf(file.path) !== null));
    const changed = own !== undefined && (await this.#useWeights(own));
    if (rest.length > 0) this.files = joined(this.files, rest);
    if (rest.length > 0 || changed) await this.#reopen({ keep: !changed });
  }

  /** Tries a weights file of the user's; where it cannot be used, the model before it stays. */
  async #useWeights({ path, file }: UserFile): Promise<boolean> {
    this.modelFault = '';
    try {
      const weights = weightsFile(path, new Uint8Array(await file.arrayBuffer()));
      await this.engine.prepare(this.view.device, weights, new AbortController().signal);
      this.ownModel = weights;
      this.grounding.chosen = false;
      this.#setView({ score: null });
      return true;
    } catch (thrown) {
      const { message } = asFault(thrown);
      this.modelFault = message.includes(path) ? message : `${path}: ${message}`;
      return false;
    }
  }

  /** Fetches what reads the user's files, before they are there: when the pointer or the focus comes near. */
  expectFiles(): void {
    if (!this.requests.filesOpened) void this.library.module('intake').catch(() => undefined);
  }

  /** Reads one of the files in another way; what was found in the images stays. */
  async correct(path: string, hints: Partial<Hints>): Promise<void> {
    const { files, set } = this.corrections;
    await this.#correct({ files: { ...files, [path]: { ...files[path], ...hints } }, set });
  }

  /** Reads the boxes of a file in a frame of this name. */
  async correctFrame(path: string, frame: string): Promise<void> {
    await this.correct(path, { frame });
  }

  /** Forgets how the user wanted a file read. */
  async askAgain(path: string): Promise<void> {
    const { [path]: _, ...files } = this.corrections.files;
    await this.#correct({ ...this.corrections, files });
  }

  /** Reads all files in another way. */
  async correctSet(set: Partial<SetCorrections>): Promise<void> {
    await this.#correct({ ...this.corrections, set });
  }

  async uncorrect(): Promise<void> {
    await this.#correct(UNCORRECTED);
  }

  async #correct(corrections: Corrections): Promise<void> {
    this.corrections = corrections;
    await this.#reopen({ keep: true });
  }

  async closeFiles(): Promise<void> {
    this.files = [];
    this.corrections = UNCORRECTED;
    await this.#reopen();
  }

  /** Copies the open files to the browser's own folder for this site, because the user has asked for it. */
  async remember(): Promise<void> {
    const controller = new AbortController();
    const { title } = this.#source();
    const keep = (progress: (done: number, total: number) => void) =>
      keepSet(title, this.files, this.corrections, { signal: controller.signal, progress });
    await this.activities
      .during(
        `Keeping ${title} on this device`,
        'bytes',
        ({ update }) => keep(update),
        () => controller.abort(),
      )
      .catch((thrown) => this.#say(thrown));
  }

  /** Opens a set that was kept, in place of what is open. */
  async openRemembered(id: string): Promise<void> {
    try {
      const { files, corrections } = await openSet(id);
      this.files = [];
      this.corrections = corrections;
      await this.openFiles(files);
    } catch (thrown) {
      this.#say(thrown);
    }
  }

  /** Goes on where the user has stopped. */
  resume(): Promise<void> {
    return this.#during(() => this.#resume());
  }

  async #resume(): Promise<void> {
    if (this.book.cases.length === 0 || this.engine.model === null) {
      await this.#reopen({ keep: true });
    } else {
      await this.book.run().catch((thrown) => this.#say(thrown));
    }
  }

  /** Whether anything is still to come on the screen. */
  get busy(): boolean {
    return this.#pending > 0 || this.activities.list.length > 0 || this.book.running || this.judge.busy;
  }

  /** Counts what has been asked for until it is done. */
  async #during<T>(work: () => Promise<T>): Promise<T> {
    this.#pending += 1;
    try {
      return await work();
    } finally {
      this.#pending -= 1;
    }
  }

  readAgain(): Promise<void> {
    return this.#reopen({ keep: true });
  }

  #reopen(options: { keep?: boolean } = {}): Promise<void> {
    return this.#during(() => this.#open(options));
  }

  async #open({ keep = false }): Promise<void> {
    this.fault = '';
    this.bundle = null;
    this.#settleModel();
    const select = keep || this.ownFiles ? this.book.selected : null;
    await this.book.open(this.#source(), () => this.#modelSettled, { keep, select });
  }

  #settleModel(): void {
    this.#modelSettled = this.#prepareModel();
    this.#modelSettled.catch(() => undefined);
  }

  /** Takes over what was set when a bundle was written. */
  #restore({ manifest, state, hasReport }: Parameters<Restore>[0]): ReturnType<Restore> {
    const restored = restoredState(state);
    this.bundle = { made: restored.made, hasReport };
    if (this.#restored.has(manifest)) return { corrections: this.corrections };
    this.#restored.add(manifest);
    const { score, iou, region, scope, className, made } = restored;
    const before = this.modelName;
    const model = this.models.find(({ name }) => name === made?.model.name)?.name ?? this.view.model;
    this.#setView({ model, score: score ?? this.view.score, iou: iou ?? this.view.iou, region });
    if (score !== null) this.judge.score = score;
    if (iou !== null) this.judge.iou = iou;
    if (scope !== null) this.judge.scope = scope;
    if (className !== null) this.judge.className = className;
    if (this.corrections === UNCORRECTED && restored.corrections !== null)
      this.corrections = restored.corrections;
    if (this.modelName !== before) this.#settleModel();
    return { corrections: this.corrections, select: restored.case };
  }

  async #prepareModel(): Promise<void> {
    this.#model.abort();
    const control = new AbortController();
    this.#model = control;
    this.modelFault = '';
    try {
      const entry = this.models.find(({ name }) => name === this.modelName);
      const weights = this.ownModel ?? (entry && weightsFile(entry.name, await this.library.weights(entry)));
      if (weights === undefined) throw new Fault({ kind: 'no_model', message: 'This site offers no model.' });
      const info = await this.engine.prepare(this.view.device, weights, control.signal);
      if (control.signal.aborted) return;
      this.judge.score = this.view.score ?? info.score_threshold;
      this.judge.refresh();
    } catch (thrown) {
      const fault = asFault(thrown);
      if (!control.signal.aborted && !fault.cancelled) this.modelFault = fault.message;
      throw new Fault({
        kind: fault.cancelled ? 'cancelled' : 'model',
        message: fault.message,
        file: fault.file,
      });
    }
  }

  // --- thresholds

  setScore(score: number): void {
    this.judge.score = score;
    this.#setView({ score });
    this.judge.refresh();
  }

  setIou(iou: number): void {
    this.judge.iou = iou;
    this.#setView({ iou });
    this.judge.refresh();
  }

  setRegion(region: 'box' | 'mask'): void {
    this.judge.region = region;
    this.#setView({ region });
    this.judge.refresh();
  }

  /** Masks where the first truth that is seen has them, unless the user has said otherwise. */
  #chooseRegion(): void {
    const regions = this.book.shown?.truth?.regions ?? [];
    if (this.view.region !== null) {
      this.judge.region = this.view.region;
    } else if (!this.#regionChosen && regions.length > 0) {
      this.judge.region = regions.every(({ region }) => region.mask) ? 'mask' : 'box';
      this.#regionChosen = true;
    }
  }

  /** The address that opens this view; of own files it can hold only the model, device and thresholds. */
  get link(): string {
    const { score, iou, region } = this.judge;
    const model = this.ownModel === null ? this.modelName : null;
    const sample = this.ownFiles ? null : this.sampleName;
    const device = this.view.device;
    const query = viewQuery({ ...this.view, sample, model, device, score, iou, region });
    return new URL(query, new URL(location.pathname, location.origin)).href;
  }

  /** What made the findings: a model here, or what a bundle names; nothing is claimed of those that came in other files. */
  get made(): Made | Record<string, never> {
    return (this.book.ranHere ? this.engine.records : this.bundle?.made) ?? {};
  }

  /** What stands in a report beside its numbers. */
  get context(): ReportContext {
    const problems = this.book.problems.map(({ message }) => message);
    const [here, before] = [this.engine.records, this.bundle?.made];
    if (this.book.ranHere && before && here && before.model.sha256 !== here.model.sha256) {
      problems.push(
        `Findings that came with the bundle are of the model ${before.model.name} (SHA-256 ${before.model.sha256}), the others of ${here.model.name}.`,
      );
    }
    return { ...this.made, problems };
  }

  /** From now on no request may go out that the user has not asked for. */
  noteUserFile(): void {
    this.requests.filesOpened = true;
  }

  #setView(change: Partial<View>): void {
    this.view = { ...this.view, ...change };
    const query = viewQuery(this.ownFiles ? { ...this.view, sample: null } : this.view);
    history.replaceState(null, '', query === '' ? location.pathname : query);
  }

  #say(thrown: unknown): void {
    const fault = asFault(thrown);
    if (!fault.cancelled) this.fault = fault.message;
  }
}
