/** An evaluation with intervals, groups and plots: what is asked, how far it is, what came out. */
import { asFault } from '../worker/fault';
import type { EvaluationSource, NamedBytes } from '../worker/messages';
import type { EvaluateRequest, EvaluationOutcome } from '../worker/words';
import type { Desk } from './desk';

/** Predictions made elsewhere. */
export interface ChosenFiles {
  /** Several files are several readers. */
  truth: File[];
  /** The files of the first model, and of a second to compare it with. */
  predictions: [File[], File[]];
  attributes: File | null;
}

/** What the page is looking at. */
export interface Wish {
  set: EvaluationSource & { kind: 'set' };
  score: number;
  iou: number;
}

export interface AssessorEvents {
  wish(): Wish;
  /** The desk had to be started anew and has forgotten the open set. */
  lost(): void;
}

/** How far an evaluation is; before the first resample everything is read and paired. */
export interface AssessorProgress {
  stage: 'preparing' | 'resampling';
  done: number;
  total: number;
}

async function named(file: File): Promise<NamedBytes> {
  return { name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) };
}

export class Assessor {
  source = $state<'set' | 'files'>('set');
  files = $state.raw<ChosenFiles>({ truth: [], predictions: [[], []], attributes: null });
  /** `null` lets the files say what they are. */
  task = $state<NonNullable<EvaluateRequest['task']> | null>(null);
  /** Empty for those conventions that a report has by default. */
  convention = $state('');
  group = $state('');
  resample = $state<NonNullable<EvaluateRequest['resample']>>('patient');
  resamples = $state(1000);
  seed = $state(0);
  /** Millimetres, or pixels where the spacing is unknown. */
  tolerance = $state(2);
  outcome = $state.raw<EvaluationOutcome | null>(null);
  /** What the outcome is of. */
  outcomeSource = $state<'set' | 'files'>('set');
  progress = $state.raw<AssessorProgress | null>(null);
  fault = $state('');
  readonly #desk: Desk;
  readonly #apart: Desk;
  readonly #events: AssessorEvents;
  #control: AbortController | null = null;

  /** `desk` has the open set; files are evaluated `apart`. */
  constructor(desk: Desk, apart: Desk, events: AssessorEvents) {
    this.#desk = desk;
    this.#apart = apart;
    this.#events = events;
  }

  get running(): boolean {
    return this.progress !== null;
  }

  get ready(): boolean {
    return this.source === 'set' || (this.files.truth.length > 0 && this.files.predictions[0].length > 0);
  }

  cancel(): void {
    this.#control?.abort();
  }

  /** What was shown is of a set that is not open any more. */
  clear(): void {
    this.cancel();
    if (this.outcomeSource === 'set') this.outcome = null;
  }

  async run(): Promise<void> {
    if (!this.ready) return;
    this.#control?.abort();
    const control = new AbortController();
    this.#control = control;
    const source = this.source;
    const desk = source === 'set' ? this.#desk : this.#apart;
    const { life } = desk;
    this.fault = '';
    this.progress = { stage: 'preparing', done: 0, total: 0 };
    try {
      const wish = this.#events.wish();
      const request: EvaluateRequest = {
        task: source === 'set' ? null : this.task,
        convention: this.convention || null,
        iou_threshold: wish.iou,
        score_threshold: wish.score,
        surface_tolerance: this.tolerance,
        group: this.group.trim() || null,
        resample: this.resample,
        bootstrap: this.resamples,
        seed: this.seed,
      };
      const of = source === 'set' ? wish.set : await this.#chosen();
      const outcome = await desk.call(
        'assess',
        { source: of, request },
        {
          signal: control.signal,
          progress: (done, total) => {
            if (this.#control === control) this.progress = { stage: 'resampling', done, total };
          },
        },
      );
      if (this.#control !== control) return;
      this.outcome = outcome;
      this.outcomeSource = source;
    } catch (thrown) {
      const fault = asFault(thrown);
      if (!fault.cancelled && this.#control === control) this.fault = fault.message;
      if (source === 'set' && life !== null && desk.life !== life) this.#events.lost();
    } finally {
      if (this.#control === control) this.progress = null;
    }
  }

  async #chosen(): Promise<EvaluationSource> {
    const { truth, predictions, attributes } = this.files;
    const all = (files: File[]) => Promise.all(files.map(named));
    return {
      kind: 'files',
      truth: await all(truth),
      predictions: await Promise.all(predictions.filter((files) => files.length > 0).map(all)),
      attributes: attributes === null ? null : await named(attributes),
    };
  }
}
