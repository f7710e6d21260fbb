/** What is asked of a model in words, and what it answered. */
import type { ModelFile } from '../worker/messages';
import type {
  AskOptions,
  Finding,
  KnowledgeEntry,
  PromptStyle,
  Questions,
  Scoring,
  StyleEntry,
  Task,
  TaskEntry,
  Told,
  Wish,
} from '../worker/words';
import type { WordsDesk } from './desk';

export type AskMode = 'phrases' | 'knowledge' | 'task';
/** With definitions, by the bare labels, or both in turn so that they can be compared. */
export type Definitions = 'with' | 'without' | 'both';

/** Questions that are asked of every image, and what their findings are. */
export interface Round {
  title: string;
  questions: Questions;
}

/** What is being written now. */
export interface LiveAnswer {
  name: string;
  prompt: string;
  text: string;
  tokens: number;
}

export class Asking {
  mode = $state<AskMode>('phrases');
  /** The task behind phrases. */
  phraseTask = $state<Task>('caption_to_phrase_grounding');
  /** One a line. */
  phrases = $state('');
  entries = $state<KnowledgeEntry[]>([]);
  /** The label that is asked for; all where it is empty. */
  only = $state('');
  definitions = $state<Definitions>('with');
  /** A task that takes no words. */
  task = $state<Task>('object_detection');
  style = $state<PromptStyle | ''>('');
  scoring = $state<Scoring>('probability');
  /** Numbers, or empty where the model's own files decide. */
  beams = $state<number | null>(null);
  newTokens = $state<number | null>(null);
  side = $state<number | null>(null);
  pad = $state<number | null>(null);
  tasks = $state.raw<TaskEntry[]>([]);
  styles = $state.raw<StyleEntry[]>([]);
  /** Why what is wished cannot be asked. */
  fault = $state('');
  rounds = $state.raw<Round[]>([]);
  options = $state.raw<AskOptions>({});
  answers = $state.raw<ReadonlyMap<string, Told[][]>>(new Map());
  live = $state.raw<LiveAnswer | null>(null);
  readonly #words: WordsDesk;
  #menus: Promise<void> | null = null;

  constructor(words: WordsDesk) {
    this.#words = words;
  }

  /** Fetches what can be asked. */
  async open(): Promise<void> {
    this.#menus ??= this.#words.call('menus', null).then(({ tasks, styles, example }) => {
      this.tasks = tasks;
      this.styles = styles;
      if (this.entries.length === 0) this.entries = example;
    });
    await this.#menus.catch((thrown) => {
      this.#menus = null;
      throw thrown;
    });
  }

  async readList({ name, file }: ModelFile): Promise<string[]> {
    const bytes = new Uint8Array(await file.arrayBuffer());
    const { entries, problems } = await this.#words.call('readKnowledge', { name, bytes });
    this.entries = entries;
    this.only = '';
    this.mode = 'knowledge';
    return problems.map(({ message }) => message);
  }

  writeList(json: boolean): Promise<string> {
    return this.#words.call('writeKnowledge', { entries: $state.snapshot(this.entries), json });
  }

  /** The lines that hold a phrase. */
  get lines(): string[] {
    return this.phrases
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '');
  }

  get chosenEntries(): KnowledgeEntry[] {
    const named = $state.snapshot(this.entries).filter(({ label }) => label.trim() !== '');
    return this.only === '' ? named : named.filter(({ label }) => label === this.only);
  }

  /** Whether anything is asked. */
  get ready(): boolean {
    if (this.mode === 'phrases') return this.lines.length > 0;
    return this.mode === 'task' || this.chosenEntries.length > 0;
  }

  /** Whether outlines are asked for, and not boxes. */
  get wantsOutlines(): boolean {
    const task = this.mode === 'task' ? this.task : this.mode === 'phrases' ? this.phraseTask : null;
    return this.tasks.find((entry) => entry.task === task)?.answer === 'polygons';
  }

  /** Takes what stands in the form as what is asked from now on. @throws {Fault} where it cannot be. */
  async settle(): Promise<void> {
    const rounds: Round[] = [];
    for (const { title, wish } of this.#wishes()) {
      rounds.push({ title, questions: await this.#words.call('questions', { wish }) });
    }
    const set = (number: number | null, key: keyof AskOptions) => (number === null ? {} : { [key]: number });
    this.options = {
      ...set(this.beams, 'beams'),
      ...set(this.newTokens, 'new_tokens'),
      ...set(this.side, 'side'),
      ...set(this.pad, 'pad'),
    };
    this.rounds = rounds;
    this.forget();
  }

  #wishes(): { title: string; wish: Partial<Wish> }[] {
    const common = { scoring: this.scoring, ...(this.style === '' ? {} : { style: this.style }) };
    if (this.mode === 'task') return [{ title: '', wish: { ...common, task: this.task } }];
    if (this.mode === 'phrases') {
      return [{ title: '', wish: { ...common, task: this.phraseTask, phrases: this.lines } }];
    }
    const knowledge = this.chosenEntries;
    const defined = { title: 'With definitions', wish: { ...common, knowledge, bare: false } };
    const bare = { title: 'Bare names', wish: { ...common, knowledge, bare: true } };
    return { with: [defined], without: [bare], both: [defined, bare] }[this.definitions];
  }

  /** Keeps what was answered about an image: for each round its answers. */
  answered(name: string, rounds: Told[][]): void {
    this.answers = new Map([...this.answers, [name, rounds]]);
  }

  forget(): void {
    this.answers = new Map();
    this.live = null;
  }

  /** What the second round found, by case; `null` where there is none. */
  get second(): Record<string, Finding[]> | null {
    if (this.rounds.length < 2) return null;
    return Object.fromEntries([...this.answers].map(([name, [, told]]) => [name, findingsOf(told ?? [])]));
  }
}

/** The findings of all answers, in their order. */
export function findingsOf(told: Told[]): Finding[] {
  return told.flatMap(({ found }) => found.map(({ label, score, region }) => ({ label, score, region })));
}
