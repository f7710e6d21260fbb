/** What the page is waiting for, so that every wait can be seen and most can be ended. */

/** Parts are of unlike size; only their share of the whole is told. */
export type Unit = 'bytes' | 'files' | 'tiles' | 'cases' | 'parts' | 'none';

export class Activity {
  readonly title: string;
  readonly unit: Unit;
  /** Ends it, which may take a moment; `null` where it cannot be ended. */
  readonly cancel: (() => void) | null;
  /** Whether it was asked to end and has not yet. */
  isEnding = $state(false);
  done = $state(0);
  /** 0 where nobody knows. */
  total = $state(0);
  readonly #startedAt = performance.now();

  constructor(title: string, unit: Unit, cancel: (() => void) | null) {
    this.title = title;
    this.unit = unit;
    this.cancel =
      cancel === null
        ? null
        : () => {
            this.isEnding = true;
            cancel();
          };
  }

  readonly update = (done: number, total: number): void => {
    this.done = done;
    this.total = total;
  };

  /** Between 0 and 1, or `null` where the end is not known. */
  get fraction(): number | null {
    // Of one tile there is nothing between its beginning and its end.
    const known = this.unit === 'tiles' ? this.total > 1 : this.total > 0;
    return known ? Math.min(1, this.done / this.total) : null;
  }

  /** Seconds to go at the pace so far; `null` while that would be a guess. */
  get secondsLeft(): number | null {
    const fraction = this.fraction;
    const elapsed = (performance.now() - this.#startedAt) / 1000;
    if (fraction === null || fraction < 0.02 || elapsed < 1) return null;
    return (elapsed * (1 - fraction)) / fraction;
  }
}

export class Activities {
  list = $state.raw<Activity[]>([]);

  /** Shows an activity for as long as `work` takes. */
  async during<T>(
    title: string,
    unit: Unit,
    work: (activity: Activity) => Promise<T>,
    cancel: (() => void) | null = null,
  ): Promise<T> {
    const activity = new Activity(title, unit, cancel);
    this.list = [...this.list, activity];
    try {
      return await work(activity);
    } finally {
      this.list = this.list.filter((other) => other !== activity);
    }
  }
}
