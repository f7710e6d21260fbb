/** What leaves the page by the user's hand: exports, each with its progress and a way to end it. */
import type { CallOptions } from '../worker/client';
import { asFault } from '../worker/fault';
import type { ReportContext, WrittenForm } from '../worker/words';
import type { Activities, Activity } from './activity.svelte';
import type { Assessor } from './assessor.svelte';
import type { BundleState, Made } from './bundles';
import type { Casebook } from './casebook.svelte';
import type { Desk } from './desk';
import type { Judge } from './judge.svelte';
import type { Corrections } from './source';

/** What the exports are of. */
export interface Exported {
  readonly desk: Desk;
  readonly book: Casebook;
  readonly judge: Judge;
  readonly assessor: Assessor;
  readonly activities: Activities;
  readonly ownFiles: boolean;
  readonly corrections: Corrections;
  /** What made the findings. */
  readonly made: Made | Record<string, never>;
  /** What stands in a report beside its numbers. */
  readonly context: ReportContext;
  /** Reads the set again; what was found in it stays. */
  readAgain(): Promise<void>;
}

export class Exports {
  /** The forms in which the open set can be written. */
  forms = $state.raw<WrittenForm[]>([]);
  /** What is being written. */
  writing = $state.raw<Activity | null>(null);
  /** How the last one ended, where there is something to say. */
  told = $state('');
  readonly #of: Exported;

  constructor(of: Exported) {
    this.#of = of;
  }

  /** Asks in which forms the open set can be written. */
  async lookAtForms(): Promise<void> {
    const { ownFiles, desk } = this.#of;
    if (this.writing === null) this.told = '';
    this.forms = ownFiles ? await desk.call('forms', null).catch(() => []) : [];
  }

  predictions(): Promise<Blob> {
    return this.#write('Writing the predictions', (options) =>
      this.#of.desk.call('predictions', null, options),
    );
  }

  report(): Promise<string> {
    const { desk, judge, context } = this.#of;
    return desk.call('report', { options: judge.wish, context });
  }

  /** The report that came with a bundle. */
  async bundleReport(): Promise<string> {
    return (await this.#of.desk.call('bundleReport', null)) ?? '';
  }

  /** The truth or the findings of the whole set in another form; what that cannot hold becomes a problem. */
  async written(form: string, ofFindings: boolean): Promise<Blob> {
    const { desk, book } = this.#of;
    const title = `Writing ${this.forms.find(({ id }) => id === form)?.name ?? form}`;
    const args = { form, ofFindings, ...book.images };
    const { file, problems } = await this.#write(title, (options) => desk.call('written', args, options));
    book.tell(problems);
    return file;
  }

  /** How many bytes the images of the open set have; 0 where they are no files. */
  get imageBytes(): number {
    return this.#of.book.images.files.reduce((sum, { file }) => sum + file.size, 0);
  }

  /** Everything as one file that opens again to the same state. */
  async bundled(withImages: boolean): Promise<Blob> {
    const { ownFiles, desk, book, judge, assessor, context } = this.#of;
    if (!ownFiles) {
      // A sample was opened by the module that writes nothing.
      await desk.readEveryFormat();
      await this.#of.readAgain();
    }
    const { outcome, outcomeSource } = assessor;
    const { score, iou } = judge;
    const isOfNow =
      outcomeSource === 'set' &&
      outcome?.report.score_threshold === score &&
      outcome.report.iou_threshold === iou;
    const fresh = { options: judge.wish, context };
    const report = isOfNow ? outcome.json : judge.evaluation === null ? null : fresh;
    const args = { withImages, state: JSON.stringify(this.#state), report, ...book.images };
    return this.#write('Writing the bundle', (options) => desk.call('bundle', args, options));
  }

  get #state(): BundleState {
    const { judge, book, made, corrections } = this.#of;
    const { wish, scope, className } = judge;
    return {
      score_threshold: wish.score_threshold,
      iou_threshold: wish.iou_threshold,
      region: wish.region === 'box' ? 'boxes' : 'masks',
      ...made,
      case: book.selected ?? undefined,
      scope,
      class: className === '' ? undefined : className,
      corrections,
    };
  }

  /** Writes, with a way to end it. A desk that had to be stopped for that reads the set again. */
  async #write<T>(title: string, write: (options: CallOptions) => Promise<T>): Promise<T> {
    const { desk, activities } = this.#of;
    const controller = new AbortController();
    const { generation } = desk;
    this.told = '';
    try {
      return await activities.during(
        title,
        'parts',
        (activity) => {
          this.writing = activity;
          return write({ signal: controller.signal, progress: activity.update });
        },
        () => controller.abort(),
      );
    } catch (thrown) {
      if (asFault(thrown).cancelled) this.told = `${title} was cancelled, and nothing was saved.`;
      throw thrown;
    } finally {
      this.writing = null;
      if (desk.generation !== generation || desk.isStopped) void this.#of.readAgain();
    }
  }
}
