/** Decoded images ready for the screen, the last few of them. */

export interface Picture {
  name: string;
  width: number;
  height: number;
  channels: number;
  bits: number;
  sha256: string;
  bitmap: ImageBitmap;
}

/** As many pixels as are kept: enough to go back and forth between cases, too few to fill a phone's memory. */
const KEPT_PIXELS = 48e6;

export class Pictures {
  readonly #kept = new Map<string, Picture>();

  get(name: string): Picture | undefined {
    const picture = this.#kept.get(name);
    if (picture !== undefined) {
      this.#kept.delete(name);
      this.#kept.set(name, picture);
    }
    return picture;
  }

  /** Keeps a picture and lets go of the ones that were looked at longest ago. */
  add(picture: Picture): void {
    this.#kept.set(picture.name, picture);
    let pixels = 0;
    for (const { width, height } of this.#kept.values()) pixels += width * height;
    for (const [name, { width, height }] of this.#kept) {
      if (pixels <= KEPT_PIXELS || name === picture.name) break;
      pixels -= width * height;
      // Not closed: it may still be on the screen.
      this.#kept.delete(name);
    }
  }

  clear(): void {
    this.#kept.clear();
  }
}
