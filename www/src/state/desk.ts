/** Workers that are asked, each ready when it is: it is given its module whenever it has been started anew. */
import type { CallOptions, WorkerClient } from '../worker/client';
import type { AssessorCalls, DeskCalls } from '../worker/messages';
import type { Library } from './library';

abstract class Served<Calls> {
  readonly #client: WorkerClient<Calls>;
  readonly #module: () => Promise<WebAssembly.Module>;
  #ready: { generation: number; done: Promise<unknown> } | null = null;

  constructor(client: WorkerClient<Calls>, module: () => Promise<WebAssembly.Module>) {
    this.#client = client;
    this.#module = module;
  }

  async start(): Promise<void> {
    const module = await this.#module();
    const generation = this.#client.wake();
    if (this.#ready?.generation !== generation) {
      // Every table has this call; TypeScript cannot see it through the generic name.
      this.#ready = {
        generation,
        done: this.#client.call('start' as keyof Calls & string, { module } as never),
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
  constructor(client: WorkerClient<DeskCalls>, library: Library) {
    super(client, () => library.module('desk'));
  }
}

/** Evaluations with every metric, intervals and comparisons. Its module is downloaded when it is first asked. */
export class Assessments extends Served<AssessorCalls> {
  constructor(client: WorkerClient<AssessorCalls>, library: Library) {
    super(client, () => library.module('evaluation'));
  }
}
