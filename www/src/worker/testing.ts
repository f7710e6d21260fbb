/** For tests: a worker of plain functions in the same thread. */
import type { WorkerLike } from './client';
import type { Reply, Request } from './messages';

export type Answer = (name: string, args: never, reply: (reply: Reply) => void, id: number) => void;

/** Records what was sent, and answers as `answer` says. */
export class FakeWorker implements WorkerLike {
  onmessage: WorkerLike['onmessage'] = null;
  onerror: WorkerLike['onerror'] = null;
  onmessageerror: WorkerLike['onmessageerror'] = null;
  readonly sent: Request[] = [];
  ended = false;
  readonly #answer: Answer;

  constructor(answer: Answer) {
    this.#answer = answer;
  }

  postMessage(message: Request): void {
    this.sent.push(message);
    if (message.type !== 'call') return;
    queueMicrotask(() =>
      this.#answer(message.name, message.args as never, (reply) => this.reply(reply), message.id),
    );
  }

  reply(data: Reply): void {
    if (!this.ended) this.onmessage?.call(this as never, { data } as MessageEvent);
  }

  terminate(): void {
    this.ended = true;
  }
}
