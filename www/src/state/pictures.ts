/** Decoded images ready for the screen, the last few of them. */

export interface Picture {
  name: string;
  width: number;
  height: number;
  channels: number;
  bits: number;
  sha256: string;
  bitmap: ImageBitmap;
  /** Whether it stands in for an image that is not here: a field of its size. */
  absent?: boolean;
}

/** As dark as the stage allows, so that marks are seen as on an image. */
const FIELD: [number, number, number, number] = [27, 35, 39, 255];

/** A picture of a size, in place of an image that is not here. It takes no memory for its pixels. */
export async function fieldPicture(name: string, width: number, height: number): Promise<Picture> {
  const bitmap = await createImageBitmap(new ImageData(new Uint8ClampedArray(FIELD), 1, 1));
  return { name, width, height, channels: 1, bits: 8, sha256: '', bitmap, absent: true };
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
