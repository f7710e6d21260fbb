/** The page's side of the conversation in `messages.ts`. */
import { Fault } from './fault';
import type { Reply, Request, RequestEntry } from './messages';

/** The part of `Worker` that is used, so that tests can stand in for it. */
export type WorkerLike = Pick<
  Worker,
  'postMessage' | 'terminate' | 'onmessage' | 'onerror' | 'onmessageerror'
>;

export interface CallOptions {
  signal?: AbortSignal | undefined;
  /** `partial` is what there is of the result so far, where a call tells it. */
  progress?: ((done: number, total: number, partial?: number[]) => void) | undefined;
  transfer?: Transferable[] | undefined;
}

interface Pending {
  resolve(value: unknown): void;
  reject(fault: Fault): void;
  progress: CallOptions['progress'];
  /** Undoes what the call has set up outside. */
  release(): void;
}

type ArgsOf<Call> = Call extends { args: infer Args } ? Args : never;
type ResultOf<Call> = Call extends { result: infer Result } ? Result : never;

/**
 * One worker that is started on its first call and again on the first call after it has crashed.
 *
 * A call that is cancelled and does not give way within `graceMs` costs the worker its life: that is
 * the only way to stop a computation that never looks up.
 */
export class WorkerClient<Calls> {
  /** How many workers there have been; a new number says that the worker has forgotten everything. */
  generation = 0;
  #worker: WorkerLike | null = null;
  #pending = new Map<number, Pending>();
  #next = 1;
  readonly #spawn: () => WorkerLike;
  readonly #onRequest: (entry: RequestEntry) => void;
  readonly #graceMs: number;

  constructor(spawn: () => WorkerLike, onRequest: (entry: RequestEntry) => void = () => {}, graceMs = 3000) {
    this.#spawn = spawn;
    this.#onRequest = onRequest;
    this.#graceMs = graceMs;
  }

  /** Whether there is no worker now. */
  get isStopped(): boolean {
    return this.#worker === null;
  }

  /** Starts the worker where there is none; returns its generation. */
  wake(): number {
    if (this.#worker === null) {
      const worker = this.#spawn();
      worker.onmessage = (event: MessageEvent<Reply>) => this.#receive(worker, event.data);
      worker.onerror = (event) => {
        event.preventDefault?.();
        this.#crash(worker, event.message || 'the worker could not be started');
      };
      worker.onmessageerror = () => this.#crash(worker, 'a message could not be read');
      this.#worker = worker;
      this.generation += 1;
    }
    return this.generation;
  }

  /** Asks the worker. @throws {Fault} the worker's own, or of kind `cancelled` or `crash`. */
  call<Name extends keyof Calls & string>(
    name: Name,
    args: ArgsOf<Calls[Name]>,
    { signal, progress, transfer }: CallOptions = {},
  ): Promise<ResultOf<Calls[Name]>> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(new Fault({ kind: 'cancelled', message: 'Cancelled.' }));
        return;
      }
      this.wake();
      const id = this.#next++;
      let grace: ReturnType<typeof setTimeout> | undefined;
      const cancel = () => {
        this.#send({ type: 'cancel', id });
        grace = setTimeout(() => this.#end('cancelled', 'Cancelled.'), this.#graceMs);
      };
      signal?.addEventListener('abort', cancel, { once: true });
      this.#pending.set(id, {
        resolve: (value) => resolve(value as ResultOf<Calls[Name]>),
        reject,
        progress,
        release: () => {
          clearTimeout(grace);
          signal?.removeEventListener('abort', cancel);
        },
      });
      this.#send({ type: 'call', id, name, args }, transfer);
    });
  }

  /** Ends the worker; open calls fail as cancelled. */
  stop(): void {
    this.#end('cancelled', 'Cancelled.');
  }

  #send(request: Request, transfer: Transferable[] = []): void {
    this.#worker?.postMessage(request, transfer);
  }

  #receive(worker: WorkerLike, reply: Reply): void {
    if (worker !== this.#worker) return;
    if (reply.type === 'request') {
      this.#onRequest(reply.entry);
      return;
    }
    if (reply.type === 'crash') {
      this.#crash(worker, reply.message);
      return;
    }
    const pending = this.#pending.get(reply.id);
    if (pending === undefined) return;
    if (reply.type === 'progress') {
      pending.progress?.(reply.done, reply.total, ...(reply.partial === undefined ? [] : [reply.partial]));
      return;
    }
    this.#pending.delete(reply.id);
    pending.release();
    if (reply.type === 'result') pending.resolve(reply.value);
    else pending.reject(new Fault(reply.fault));
  }

  #crash(worker: WorkerLike, message: string): void {
    if (worker === this.#worker) this.#end('crash', message);
  }

  #end(kind: string, message: string): void {
    this.#worker?.terminate();
    this.#worker = null;
    const open = [...this.#pending.values()];
    this.#pending.clear();
    for (const pending of open) {
      pending.release();
      pending.reject(new Fault({ kind, message }));
    }
  }
}
