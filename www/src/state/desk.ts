import type { CallOptions, WorkerClient } from '../worker/client';
import type { DeskCalls } from '../worker/messages';
import type { Library } from './library';

type Args<Name extends keyof DeskCalls> = DeskCalls[Name]['args'];
type Result<Name extends keyof DeskCalls> = DeskCalls[Name]['result'];

/** The desk worker, ready to be asked: it is given its module whenever it has been started anew. */
export class Desk {
  readonly #client: WorkerClient<DeskCalls>;
  readonly #library: Library;
  #ready: { generation: number; done: Promise<unknown> } | null = null;

  constructor(client: WorkerClient<DeskCalls>, library: Library) {
    this.#client = client;
    this.#library = library;
  }

  /** Changes when the desk is started anew, and has forgotten the open set; `null` while there is none. */
  get life(): number | null {
    return this.#client.alive ? this.#client.generation : null;
  }

  async start(): Promise<void> {
    const module = await this.#library.module('desk');
    const generation = this.#client.wake();
    if (this.#ready?.generation !== generation) {
      this.#ready = { generation, done: this.#client.call('start', { module }) };
    }
    await this.#ready.done;
  }

  async call<Name extends keyof DeskCalls>(
    name: Name,
    args: Args<Name>,
    options: CallOptions = {},
  ): Promise<Result<Name>> {
    await this.start();
    // The call table is the same on both sides; TypeScript cannot see it through the generic name.
    return this.#client.call(name, args as never, options) as Promise<Result<Name>>;
  }
}
