/** The open set: its cases, the run through them, and what cannot be read or run. */
import { asFault, Fault } from '../worker/fault';
import type { OpenedImage, WrittenImages } from '../worker/messages';
import type { CaseSummary, Finding, Problem, Truth, Understood } from '../worker/words';
import type { Activities } from './activity.svelte';
import type { Desk } from './desk';
import type { EngineHost } from './engine.svelte';
import { plural } from './format';
import { fieldPicture, type Picture, Pictures } from './pictures';
import type { CaseInput, CaseSource, Original } from './source';
import { inStacks } from './stacks';

/** `unasked`: the model finds nothing until it is asked in words. */
export type CaseStatus = 'waiting' | 'unasked' | 'running' | 'done' | 'failed';

export interface CaseEntry {
  name: string;
  status: CaseStatus;
  /** The stack that it is a slice of. */
  stack?: string | undefined;
  /** Its place in the stack, from 0, where its file says it. */
  place?: number | undefined;
  /** How large its image is, where that is not here. */
  absent?: { width: number; height: number } | undefined;
}

/** What is on the screen of one case. */
export interface ShownCase {
  picture: Picture;
  truth: Truth | null;
  /** `null` until the model has run on it. */
  findings: Finding[] | null;
}

/** What the set tells the page when something has changed. */
export interface CasebookEvents {
  /** The numbers must be worked out again. */
  changed(): void;
  /** The findings of everything were made anew. */
  opened(source: CaseSource): void;
  /** What a model was told of an image before is not true any more. */
  forgotten(): void;
}

interface Kept {
  key: unknown;
  findings: Finding[];
}

/** What kind of problem it is that an image could not be read or run. */
const FAILED = 'images that could not be read or run';

export class Casebook {
  source = $state.raw<CaseSource | null>(null);
  cases = $state<CaseEntry[]>([]);
  problems = $state.raw<Problem[]>([]);
  /** What was understood of the set's files. */
  understood = $state.raw<Understood | null>(null);
  shown = $state.raw<ShownCase | null>(null);
  selected = $state<string | null>(null);
  running = $state(false);
  /** Whether the run was ended by the user before the last case. */
  stopped = $state(false);
  readonly #desk: Desk;
  readonly #engine: EngineHost;
  readonly #activities: Activities;
  readonly #events: CasebookEvents;
  readonly #pictures = new Pictures();
  /** Findings by case, so that adding files or starting the desk again repeats no inference. */
  readonly #kept = new Map<string, Kept>();
  #inputs = new Map<string, CaseInput>();
  #originals: Original[] = [];
  /** Files that the desk did not survive; they are not given to it again. */
  readonly #deadly = new Set<string>();
  /** The image on the screen, on its way to the model, so that it is decoded once. */
  #fresh: OpenedImage | null = null;
  /** Images whose header could be read, and whose pixels could not. */
  readonly #broken = new Set<string>();
  /** What was told while the files were read. */
  #told: Problem[] = [];
  #ready: () => Promise<unknown> = () => Promise.resolve();
  #set = new AbortController();
  #run: AbortController | null = null;

  constructor(desk: Desk, engine: EngineHost, activities: Activities, events: CasebookEvents) {
    this.#desk = desk;
    this.#engine = engine;
    this.#activities = activities;
    this.#events = events;
  }

  /** Opens a set in place of the one before. What `ready` gives resolves when a model may run. */
  async open(
    source: CaseSource,
    ready: () => Promise<unknown>,
    { keep = false, select = null as string | null } = {},
  ): Promise<void> {
    this.#set.abort();
    const set = new AbortController();
    this.#set = set;
    this.#ready = ready;
    this.#fresh = null;
    this.source = source;
    this.problems = [];
    this.understood = null;
    this.stopped = false;
    this.#pictures.clear();
    this.#broken.clear();
    if (!keep) {
      this.#kept.clear();
      this.#events.forgotten();
    }
    if (!keep || source.kind !== 'files') this.#deadly.clear();
    let isCancelled = false;
    try {
      await this.#desk.call('reset', null);
      const prepared = await this.#activities.during(
        `Reading ${source.title}`,
        'parts',
        ({ update }) => source.prepare(this.#desk, set.signal, update),
        () => {
          isCancelled = true;
          set.abort();
        },
      );
      set.signal.throwIfAborted();
      const { inputs, problems, originals } = prepared;
      const alive = inputs.filter(({ name }) => !this.#deadly.has(name));
      this.#inputs = new Map(alive.map((input) => [input.name, input]));
      this.#originals = originals;
      this.cases = this.#entries(alive, await this.#desk.call('cases', null));
      set.signal.throwIfAborted();
      for (const name of this.#deadly) {
        this.cases.push({ name, status: 'failed' });
        problems.push({
          file: name,
          message: `${name} made the reader fail; it was left out and the rest goes on.`,
          kind: 'files that made the reader fail',
          count: 1,
        });
      }
      this.#told = problems;
      this.problems = [...problems];
      this.#events.opened(source);
      const wanted = prepared.select ?? select;
      const first = this.cases.find(({ name }) => name === wanted) ?? this.cases[0];
      if (first === undefined || this.#deadly.has(first.name)) this.#forget();
      else await this.select(first.name);
      set.signal.throwIfAborted();
      await this.#survey(set);
      await this.#finish();
      set.signal.throwIfAborted();
      if (this.#next() !== undefined) {
        await ready();
        set.signal.throwIfAborted();
        await this.run();
      }
    } catch (thrown) {
      if (isCancelled && this.#set === set) {
        this.stopped = true;
        // The desk holds nothing any more of what is still on the screen.
        this.cases = [];
        this.#forget();
      }
      await this.#handle(thrown, set);
    }
  }

  /**
   * Makes cases of the user's images by their headers, so that the whole set is understood, and can be corrected, before a
   * model has run on any.
   */
  async #survey(set: AbortController): Promise<void> {
    const done = new Set(this.cases.filter(({ status }) => status === 'done').map(({ name }) => name));
    const files = this.#originals.filter(
      ({ names }) => names.some((name) => !done.has(name)) && !names.some((name) => this.#deadly.has(name)),
    );
    if (this.source?.kind !== 'files' || files.length === 0) return;
    const survey = new AbortController();
    await this.#activities.during(
      `Looking at ${plural(files.length, 'image file')}`,
      'files',
      async ({ update }) => {
        for (const [place, { path, file, names }] of files.entries()) {
          update(place, files.length);
          try {
            await this.#desk.call('survey', { path, file });
          } catch (thrown) {
            // What cannot be opened says so when it is run.
            const { kind, message, crashed } = asFault(thrown);
            if (crashed) throw new Fault({ kind, message, file: names[0] ?? path, place: 'desk' });
          }
          set.signal.throwIfAborted();
          survey.signal.throwIfAborted();
        }
      },
      () => survey.abort(new Fault({ kind: 'cancelled', message: 'Cancelled.' })),
    );
  }

  /** The list of cases: those of images, and those of a bundle, which knows what was found, with their image or without. */
  #entries(inputs: CaseInput[], known: CaseSummary[]): CaseEntry[] {
    const summaries = new Map(known.map((summary) => [summary.name, summary]));
    const entries = inputs.map(({ name, stack }): CaseEntry => {
      const { findings = null, slice } = summaries.get(name) ?? {};
      const status = findings === null ? 'waiting' : 'done';
      return { name, stack: stack ?? slice?.stack, place: slice?.index, status };
    });
    const unseen = known.filter(({ name }) => !this.#inputs.has(name));
    const absent = unseen.map(({ name, width, height, slice }): CaseEntry => {
      return { name, stack: slice?.stack, place: slice?.index, status: 'done', absent: { width, height } };
    });
    return inStacks([...entries, ...absent]);
  }

  /** The images of the set, for whoever writes it. */
  get images(): WrittenImages {
    const done = new Set(this.cases.filter(({ status }) => status === 'done').map(({ name }) => name));
    const plain = ({ path, file }: Original) => ({ path, file });
    return {
      files: this.#originals.map(plain),
      unread: this.#originals.filter(({ names }) => !names.every((name) => done.has(name))).map(plain),
    };
  }

  /** Whether a model of this page found any of what is there. */
  get ranHere(): boolean {
    return this.cases.some(({ name, status }) => status === 'done' && this.#kept.has(name));
  }

  /** Runs the model on every case that has not been run. */
  async run(): Promise<void> {
    if (this.running && this.#run !== null && !this.#run.signal.aborted) return;
    const set = this.#set;
    const run = new AbortController();
    this.#run = run;
    const end = () => run.abort();
    set.signal.addEventListener('abort', end);
    this.running = true;
    this.stopped = false;
    const waiting = this.cases.filter(({ status }) => status === 'waiting').length;
    const several = waiting > 1;
    const { title: doing, unit } = this.#engine.running;
    const title = several ? `${doing} on ${waiting} cases` : doing;
    try {
      await this.#activities.during(
        title,
        several ? 'cases' : unit,
        async ({ update }) => {
          for (let entry = this.#next(); entry !== undefined; entry = this.#next()) {
            const left = this.cases.filter(({ status }) => status === 'waiting').length;
            const progress = (done: number, total: number) =>
              several ? update(waiting - left + done / Math.max(1, total), waiting) : update(done, total);
            progress(0, several ? 1 : 0);
            await this.#runCase(entry, run.signal, progress);
          }
        },
        end,
      );
      await this.#finish();
    } catch (thrown) {
      if (set.signal.aborted) return;
      if (asFault(thrown).cancelled) this.stopped = true;
      else throw thrown;
    } finally {
      set.signal.removeEventListener('abort', end);
      if (this.#run === run) {
        this.running = false;
        for (const entry of this.cases) if (entry.status === 'running') entry.status = 'waiting';
      }
    }
  }

  /**
   * Runs the model anew on one case or on all, because it is asked something else; what it found in any case before is
   * forgotten, so that numbers over the set never mix the answers to two questions.
   */
  async again(only: string | null): Promise<void> {
    if (this.running) return;
    await this.#desk.call('clearFindings', null);
    this.#kept.clear();
    this.#events.forgotten();
    for (const entry of this.cases) {
      if (entry.status !== 'failed' && entry.absent === undefined)
        entry.status = only === null || entry.name === only ? 'waiting' : 'unasked';
    }
    if (this.shown !== null) this.shown = { ...this.shown, findings: null };
    this.#events.changed();
    await this.run();
  }

  /** Like `run` for those that were left out when only one case was asked about. */
  async askRest(): Promise<void> {
    for (const entry of this.cases) if (entry.status === 'unasked') entry.status = 'waiting';
    await this.run();
  }

  /** The slices of the stack on the screen, in their order; empty where it is a picture by itself. */
  get slices(): CaseEntry[] {
    const stack = this.cases.find(({ name }) => name === this.selected)?.stack;
    return stack === undefined ? [] : this.cases.filter((entry) => entry.stack === stack);
  }

  #next(): CaseEntry | undefined {
    return this.cases.find(({ status }) => status === 'waiting');
  }

  async #runCase(
    entry: CaseEntry,
    signal: AbortSignal,
    progress: (done: number, total: number) => void,
  ): Promise<void> {
    const { name } = entry;
    const input = this.#inputs.get(name);
    if (input === undefined) {
      entry.status = 'failed';
      return;
    }
    entry.status = 'running';
    try {
      const image = await this.#opened(input);
      signal.throwIfAborted();
      const kept = this.#kept.get(name);
      let findings = kept !== undefined && kept.key === input.key ? kept.findings : null;
      // Predictions that came with the files stand in place of the model's, under the names that they have there.
      const given = findings === null ? await this.#desk.call('findings', { name }) : null;
      if (findings === null && given === null && !this.#engine.willing) {
        entry.status = 'unasked';
        return;
      }
      if (given === null) {
        findings ??= await this.#engine.run(image, { signal, progress });
        this.#kept.set(name, { key: input.key, findings });
        signal.throwIfAborted();
        findings = (await this.#desk.call('setFindings', { name, findings })) ?? findings;
      } else findings = given;
      signal.throwIfAborted();
      entry.status = 'done';
      if (this.shown?.picture.name === name) this.shown = { ...this.shown, findings };
      this.#events.changed();
    } catch (thrown) {
      const fault = asFault(thrown);
      if (signal.aborted || fault.cancelled) throw new Fault({ kind: 'cancelled', message: 'Cancelled.' });
      if (fault.crashed && fault.place === 'desk') throw fault;
      entry.status = 'failed';
      this.#report([this.#problem(name, fault)]);
    }
  }

  /** What was understood of all files; what only decoding shows is added at the end of a run. */
  async #finish(): Promise<void> {
    const understood = await this.#desk.call('understood', { problems: this.#told });
    this.understood = understood;
    this.#report(understood.problems);
  }

  #problem(name: string, fault: Fault): Problem {
    return {
      file: name,
      message: this.#sentence(name, fault),
      kind: FAILED,
      count: 1,
    };
  }

  #sentence(name: string, fault: Fault): string {
    if (fault.crashed)
      return `${name}: the engine failed on this image and was started again (${fault.message})`;
    return fault.message.includes(name) ? fault.message : `${name}: ${fault.message}`;
  }

  /** Shows a case: its image and truth at once, its findings where there are any. */
  async select(name: string): Promise<void> {
    const input = this.#inputs.get(name);
    const absent = this.cases.find((entry) => entry.name === name)?.absent;
    this.selected = name;
    if (input === undefined && absent === undefined) {
      this.shown = null;
      return;
    }
    const set = this.#set;
    try {
      const picture =
        input === undefined
          ? await fieldPicture(name, absent?.width ?? 1, absent?.height ?? 1)
          : (this.#pictures.get(name) ?? (await this.#picture(input)));
      const truth = await this.#desk.call('truth', { name });
      if (this.selected !== name || set.signal.aborted) return;
      const run = this.cases.some((entry) => entry.name === name && entry.status === 'done');
      // Asked of the desk, which knows the names under which their classes count.
      const findings = run ? await this.#desk.call('findings', { name }) : null;
      if (this.selected !== name || set.signal.aborted) return;
      this.shown = { picture, truth, findings };
      this.#events.changed();
    } catch (thrown) {
      const fault = asFault(thrown);
      if (set.signal.aborted) return;
      if (fault.crashed) throw fault;
      const entry = this.cases.find((other) => other.name === name);
      if (entry !== undefined) entry.status = 'failed';
      this.#report([this.#problem(name, fault)]);
      if (this.selected === name) this.shown = null;
    }
  }

  /** Like `select`, for the page: a desk that fails here is started again as well. */
  async show(name: string): Promise<void> {
    const set = this.#set;
    await this.select(name).catch((thrown) => this.#handle(thrown, set));
  }

  async #picture(input: CaseInput): Promise<Picture> {
    const image = await this.#opened(input);
    const waits = this.cases.some(({ name, status }) => name === input.name && status === 'waiting');
    this.#fresh = waits ? image : null;
    const picture = this.#pictures.get(input.name);
    if (picture === undefined)
      throw new Fault({ kind: 'internal', message: `${input.name} cannot be shown.` });
    return picture;
  }

  async #opened(input: CaseInput): Promise<OpenedImage> {
    const { name } = input;
    const fresh = this.#fresh;
    this.#fresh = null;
    if (fresh?.name === name) return fresh;
    try {
      const image = await this.#activities.during(`Decoding ${name}`, 'none', () => input.open(this.#desk));
      if (this.#pictures.get(name) === undefined) {
        const { width, height, channels, bits, sha256, rgba } = image;
        const bitmap = await createImageBitmap(
          new ImageData(rgba as Uint8ClampedArray<ArrayBuffer>, width, height),
        );
        this.#pictures.add({ name, width, height, channels, bits, sha256, bitmap });
      }
      return image;
    } catch (thrown) {
      const fault = asFault(thrown);
      if (!fault.crashed) {
        if (!fault.cancelled) this.#broken.add(name);
        throw fault;
      }
      throw new Fault({ kind: 'crash', message: fault.message, file: name, place: 'desk' });
    }
  }

  /** Adds to the problems what was met outside the reading. */
  tell(problems: Problem[]): void {
    this.#report(problems);
  }

  #forget(): void {
    this.selected = null;
    this.shown = null;
    this.#events.changed();
  }

  #report(problems: Problem[]): void {
    const known = new Set(this.problems.map(({ message }) => message));
    const more = problems.filter(({ message }) => !known.has(message));
    // Of an image that cannot be decoded nothing else matters, such as that it has no truth.
    const matters = ({ file, kind }: Problem) => kind === FAILED || !this.#broken.has(file);
    if (more.length > 0) this.problems = [...this.problems, ...more].filter(matters);
  }

  async #handle(thrown: unknown, set: AbortController): Promise<void> {
    if (set.signal.aborted || this.source === null) return;
    const fault = asFault(thrown);
    if (fault.cancelled) {
      this.stopped = true;
      return;
    }
    // The page says by itself what is wrong with the model.
    if (fault.kind === 'model') return;
    if (fault.crashed && fault.file !== undefined && !this.#deadly.has(fault.file)) {
      // The desk has forgotten the set: read it again, without the file that it did not survive.
      this.#deadly.add(fault.file);
      await this.open(this.source, this.#ready, { keep: true, select: this.selected });
      return;
    }
    this.#report([{ file: fault.file ?? this.source.title, message: fault.message, kind: '', count: 1 }]);
  }
}
