/** The numbers at the thresholds: asked of the desk whenever something moves, and never faster than they can be drawn. */
import type { CaseView, EvaluateOptions, Evaluation, RegionKind } from '../worker/words';
import type { Desk } from './desk';

export class Judge {
  score = $state(0.5);
  iou = $state(0.5);
  region = $state<RegionKind>('mask');
  /** Whether the numbers of the shown case are looked at, or those of the whole set. */
  scope = $state<'case' | 'set'>('set');
  /** The class whose numbers are looked at; empty for all of them. */
  className = $state('');
  evaluation = $state.raw<Evaluation | null>(null);
  view = $state.raw<{ name: string; view: CaseView } | null>(null);
  /** What the numbers on the screen were worked out with. */
  options = $state.raw<EvaluateOptions | null>(null);
  /** Why there are none, where working them out failed. */
  fault = $state('');
  readonly #desk: Desk;
  readonly #caseName: () => string | null;
  #wanted = false;
  /** Whether the numbers on the screen are about to change. */
  busy = $state(false);

  constructor(desk: Desk, caseName: () => string | null) {
    this.#desk = desk;
    this.#caseName = caseName;
  }

  get wish(): EvaluateOptions {
    return { score_threshold: this.score, iou_threshold: this.iou, region: this.region };
  }

  /** Something has changed. */
  refresh(): void {
    this.#wanted = true;
    if (!this.busy) void this.#work();
  }

  clear(): void {
    this.evaluation = null;
    this.view = null;
    this.options = null;
  }

  /** One question at a time; what came up meanwhile is asked once, with the newest thresholds. */
  async #work(): Promise<void> {
    this.busy = true;
    while (this.#wanted) {
      this.#wanted = false;
      const options = this.wish;
      const name = this.#caseName();
      try {
        const { view, evaluation } = await this.#desk.call('evaluate', { name, options });
        if (name === this.#caseName()) {
          this.view = name !== null && view !== null ? { name, view } : null;
          this.evaluation = evaluation;
          this.options = options;
          this.fault = '';
        }
      } catch (thrown) {
        this.fault = thrown instanceof Error ? thrown.message : String(thrown);
      }
      await new Promise<void>((resolve) => requestAnimationFrame(() => resolve()));
    }
    this.busy = false;
  }
}
