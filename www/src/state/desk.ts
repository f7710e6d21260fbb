/** Workers that are asked, each ready when it is: it is given its module whenever it has been started anew. */
import type { CallOptions, WorkerClient } from '../worker/client';
import type { AssessorCalls, DeskCalls, WordsCalls } from '../worker/messages';
import type { Library } from './library';

abstract class Served<Calls> {
  readonly #client: WorkerClient<Calls>;
  readonly #begin: () => Promise<unknown>;
  #ready: { generation: number; done: Promise<unknown> } | null = null;

  /** `begin` gives the arguments of the call that starts a new worker. */
  constructor(client: WorkerClient<Calls>, begin: () => Promise<unknown>) {
    this.#client = client;
    this.#begin = begin;
  }

  async start(): Promise<void> {
    const args = await this.#begin();
    const generation = this.#client.wake();
    if (this.#ready?.generation !== generation) {
      // Every table has this call; TypeScript cannot see it through the generic name.
      this.#ready = {
        generation,
        done: this.#client.call('start' as keyof Calls & string, args as never),
      };
    }
    await this.#ready.done;
  }

  async call<Name extends keyof Calls & string>(
    name: Name,
    args: Calls[Name] extends { args: infer Args } ? Args : never,
    options: CallOptions = {},
  ): Promise<Calls[Name] extends { result: infer Result } ? Result : never> {
    await this.start();
    // The call table is the same on both sides; TypeScript cannot see it through the generic name.
    return this.#client.call(name, args as never, options) as never;
  }
}

/** The desk: files, phantoms, metrics at the thresholds and exports. */
export class Desk extends Served<DeskCalls> {
  readonly #worker: WorkerClient<DeskCalls>;
  readonly #library: Library;
  #everyFormat = false;

  constructor(client: WorkerClient<DeskCalls>, library: Library) {
    super(client, async () => ({
      module: await library.module(this.#everyFormat ? 'intake' : 'desk'),
      everyFormat: this.#everyFormat,
    }));
    this.#worker = client;
    this.#library = library;
  }

  /** From now on every format is read. The desk forgets what it holds. @throws {Fault} where the module cannot be had. */
  async readEveryFormat(): Promise<void> {
    if (this.#everyFormat) return;
    await this.#library.module('intake');
    this.#everyFormat = true;
    this.#worker.stop();
  }

  /** Whether there is none now: it was ended, or it fell. */
  get isStopped(): boolean {
    return this.#worker.isStopped;
  }

  /** How many desks there have been; a new number says that the desk has forgotten everything. */
  get generation(): number {
    return this.#worker.generation;
  }
}

/** Evaluations with every metric, intervals and comparisons. Its module is downloaded when it is first asked. */
export class Assessments extends Served<AssessorCalls> {
  constructor(client: WorkerClient<AssessorCalls>, library: Library) {
    super(client, async () => ({ module: await library.module('evaluation') }));
  }
}

/** The words of models that are asked in words. The module is downloaded when it is first asked. */
export class WordsDesk extends Served<WordsCalls> {
  #tokenizer: { tokenizer: Uint8Array; config: Uint8Array } | null = null;

  constructor(client: WorkerClient<WordsCalls>, library: Library) {
    super(client, async () => ({ module: await library.module('words'), tokenizer: this.#tokenizer }));
  }

  /** From now on the tokens are those of this model. @throws {Fault} where its tokenizer cannot be used. */
  async useTokenizer(tokenizer: Uint8Array, config: Uint8Array): Promise<void> {
    await this.call('tokenizer', { tokenizer, config });
    this.#tokenizer = { tokenizer, config };
  }
}
