/** What is pointed at and how the image is shown: the viewer and the tables share it. */
import type { Layers } from '../viewer/draw';
import type { MarkId } from '../viewer/marks';

export class Desktop {
  selected = $state.raw<MarkId | null>(null);
  hovered = $state.raw<MarkId | null>(null);
  /** Changes whenever the selection shall be brought into view. */
  reveal = $state(0);
  layers = $state<Layers>({ masks: true, boxes: true, labels: true, truth: true });
  /** In percent; 100 leaves the image as it is. */
  brightness = $state(100);
  contrast = $state(100);

  select(mark: MarkId | null, reveal = false): void {
    this.selected = mark;
    if (reveal) this.reveal += 1;
  }

  toggle(layer: keyof Layers): void {
    this.layers[layer] = !this.layers[layer];
  }

  forget(): void {
    this.selected = null;
    this.hovered = null;
  }
}
