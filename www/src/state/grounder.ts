/** A model that is asked in words: it looks at an image once, and then answers every question about it. */
import type { ModelFile, OpenedImage } from '../worker/messages';
import type { Finding, ModelInfo, Told } from '../worker/words';
import { type Asking, findingsOf } from './asking.svelte';
import type { WordsDesk } from './desk';
import { bytes } from './format';
import type { EngineCall, Loadable, RunOptions } from './loadable';
import { partOf } from './modelfiles';

/** Looking takes about as long as answering so many questions; only the bar knows of it. */
const LOOK = 4;

export class GrounderModel implements Loadable {
  readonly inWords = true;
  readonly running = { title: 'Asking the model', unit: 'parts' } as const;
  readonly name: string;
  readonly #files: ModelFile[];
  readonly #asking: Asking;
  readonly #words: WordsDesk;

  constructor(name: string, files: ModelFile[], asking: Asking, words: WordsDesk) {
    this.name = name;
    this.#files = files;
    this.#asking = asking;
    this.#words = words;
  }

  get willing(): boolean {
    return this.#asking.rounds.length > 0;
  }

  get loading(): Loadable['loading'] {
    const weights = this.#files.filter(({ name }) => partOf(name) === 'weights');
    const size = weights.reduce((sum, { file }) => sum + file.size, 0);
    return {
      title: `Reading ${this.name} (${bytes(size)}), twice: to name it and to load it`,
      unit: 'bytes',
    };
  }

  load(call: EngineCall, progress: (done: number, total: number) => void): Promise<ModelInfo> {
    return call('loadGrounder', { files: this.#files }, { progress });
  }

  async run(call: EngineCall, image: OpenedImage, { signal, progress }: RunOptions): Promise<Finding[]> {
    const { rounds, options } = this.#asking;
    const { name, samples, width, height, channels, sha256 } = image;
    const key = [name, sha256, options.side ?? '', options.pad ?? ''].join(' ');
    const questions = rounds.reduce((sum, round) => sum + round.questions.list.length, 0);
    const total = LOOK + questions;
    if (!(await call('hasSeen', { key }))) {
      await call(
        'look',
        { key, samples, width, height, channels, options },
        {
          progress: (done, all) => progress((LOOK * done) / Math.max(1, all), total),
          transfer: [samples.buffer as ArrayBuffer],
        },
      );
    }
    let done = LOOK;
    const answered: Told[][] = [];
    try {
      for (const round of rounds) {
        const told: Told[] = [];
        for (const [place, { prompt, tokens }] of round.questions.list.entries()) {
          progress(done, total);
          const generated = await call(
            'ask',
            { key, question: tokens, options },
            { progress: (_, __, partial) => this.#show(name, prompt.text, partial ?? []) },
          );
          const { placement } = generated;
          const asked = { size: [width, height] as [number, number], placement };
          told.push(
            await this.#words.call(
              'read',
              { questions: round.questions, place, generated, asked },
              { signal },
            ),
          );
          done += 1;
        }
        answered.push(told);
      }
    } finally {
      this.#asking.live = null;
    }
    this.#asking.answered(name, answered);
    return findingsOf(answered[0] ?? []);
  }

  /** Shows the tokens so far as text. */
  #show(name: string, prompt: string, tokens: number[]): void {
    const { live } = this.#asking;
    const before = live?.name === name && live.prompt === prompt ? live.text : '';
    this.#asking.live = { name, prompt, text: before, tokens: tokens.length };
    void this.#words
      .call('text', { tokens: tokens.slice(1) })
      .then((text) => {
        const now = this.#asking.live;
        // A later answer may have begun meanwhile, or this one be done.
        if (now?.name === name && now.prompt === prompt && now.tokens === tokens.length)
          this.#asking.live = { ...now, text };
      })
      .catch(() => undefined);
  }
}
