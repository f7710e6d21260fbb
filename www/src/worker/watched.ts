/** A file whose reading is told to whoever waits for it. */

/** Milliseconds between two words about it. */
const EVERY = 100;

/**
 * Tells how much of a file was read, as a share of its length. How often a form goes through a file it does not say before,
 * so each time counts half of what was left, and the end is told by the reading's own.
 */
export class Watched extends Blob {
  readonly #file: Blob;
  readonly #told: (bytes: number) => void;
  #rounds = 0;
  #end = 0;
  #next = 0;

  constructor(file: Blob, told: (bytes: number) => void) {
    super();
    this.#file = file;
    this.#told = told;
  }

  override get size(): number {
    return this.#file.size;
  }

  override slice(start = 0, end = this.size): Blob {
    if (start < this.#end) this.#rounds += 1;
    this.#end = end;
    if (performance.now() >= this.#next) {
      this.#next = performance.now() + EVERY;
      const left = this.size * 0.5 ** this.#rounds;
      this.#told(this.size - left + (left / 2) * (end / this.size));
    }
    return this.#file.slice(start, end);
  }
}
