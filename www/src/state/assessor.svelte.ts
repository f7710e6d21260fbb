/** An evaluation with intervals, groups and plots: what is asked, how far it is, what came out. */
import { asFault } from '../worker/fault';
import type { EvaluationSource, NamedBytes } from '../worker/messages';
import type {
  CatalogueEntry,
  EvaluateRequest,
  EvaluationOutcome,
  Finding,
  RegionKind,
  ReportContext,
} from '../worker/words';
import type { Assessments, Desk } from './desk';

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
  region: RegionKind;
  context: ReportContext;
  score: number;
  iou: number;
  /** What was found in the open cases in another way, by their names. */
  second: Record<string, Finding[]> | null;
}

/** What a column of a table about cases may hold. */
export type ColumnRole = 'image' | 'truth' | 'prediction' | 'score' | 'value' | 'unit';

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
  interval = $state<NonNullable<EvaluateRequest['interval']>>('percentile');
  /** Over which lines the p-values of a comparison are adjusted together. */
  adjust = $state<NonNullable<EvaluateRequest['adjust']>>('overall');
  /** Millimetres, or pixels where the spacing is unknown. */
  tolerance = $state(2);
  /** What a column of the chosen tables holds, by its role, where its name does not say it. */
  columns = $state<Partial<Record<ColumnRole, string | undefined>>>({});
  outcome = $state.raw<EvaluationOutcome | null>(null);
  /** What the outcome is of. */
  outcomeSource = $state<'set' | 'files'>('set');
  progress = $state.raw<AssessorProgress | null>(null);
  fault = $state('');
  /** Every metric that there is; empty until the view is first opened. */
  catalogue = $state.raw<CatalogueEntry[]>([]);
  readonly #desk: Desk;
  readonly #assessments: Assessments;
  readonly #wish: () => Wish;
  #control: AbortController | null = null;

  /** `desk` has the open set. */
  constructor(desk: Desk, assessments: Assessments, wish: () => Wish) {
    this.#desk = desk;
    this.#assessments = assessments;
    this.#wish = wish;
  }

  /** Downloads the module and asks it what it can measure. */
  async open(): Promise<void> {
    if (this.catalogue.length > 0) return;
    this.fault = '';
    try {
      this.catalogue = await this.#assessments.call('catalogue', null);
    } catch (thrown) {
      this.fault = asFault(thrown).message;
    }
  }

  get running(): boolean {
    return this.progress !== null;
  }

  get ready(): boolean {
    return this.source === 'set' || (this.files.truth.length > 0 && this.files.predictions[0].length > 0);
  }

  /** Whether two models, or two ways of asking one, would be compared. */
  get comparing(): boolean {
    return this.source === 'set' ? this.#wish().second !== null : this.files.predictions[1].length > 0;
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
    this.fault = '';
    this.progress = { stage: 'preparing', done: 0, total: 0 };
    try {
      const wish = this.#wish();
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
        interval: this.interval,
        adjust: this.adjust,
        columns: source === 'files' ? this.#said() : {},
      };
      const of = source === 'set' ? await this.#openSet(wish) : await this.#chosen();
      const outcome = await this.#assessments.call(
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
    } finally {
      if (this.#control === control) this.progress = null;
    }
  }

  #said(): Record<string, string> {
    const said = Object.entries(this.columns).map(([role, column]) => [role, column?.trim() ?? '']);
    return Object.fromEntries(said.filter(([, column]) => column !== ''));
  }

  async #openSet({ region, context, second }: Wish): Promise<EvaluationSource> {
    const { cases, data } = await this.#desk.call('evaluationCases', null);
    if (second === null) return { kind: 'set', region, context, cases, second, data };
    const named: Record<string, Finding[]> = {};
    for (const [name, findings] of Object.entries(second)) {
      named[name] = await this.#desk.call('named', { findings });
    }
    return { kind: 'set', region, context, cases, second: named, data };
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
