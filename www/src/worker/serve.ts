/** The worker's side of the conversation in `messages.ts`. */
import { faultRecord } from './fault';
import type { Reply, Request } from './messages';

/** What a call may use while it runs. */
export interface CallContext {
  progress(done: number, total: number, partial?: number[]): void;
  /** Lets waiting messages in, then says whether the call goes on. */
  goesOn(): Promise<boolean>;
  /** Names buffers of the result that are moved, not copied. */
  transfer(...buffers: ArrayBuffer[]): void;
}

type Handlers<Calls> = {
  [Name in keyof Calls]: Calls[Name] extends { args: infer Args; result: infer Result }
    ? (args: Args, context: CallContext) => Result | Promise<Result>
    : never;
};

/** The slice of the worker's global scope that is needed here. */
interface Port {
  postMessage(message: Reply, transfer?: Transferable[]): void;
  onmessage: ((event: MessageEvent<Request>) => void) | null;
}

/** A message to oneself: unlike a promise it lets the messages before it through, unlike a timer it is not delayed. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => {
      channel.port1.close();
      resolve();
    };
    channel.port2.postMessage(null);
  });
}

/** A panic in Rust arrives as a trap; its words went to the console just before. */
function rememberPanic(): () => string | undefined {
  let last: string | undefined;
  const print = console.error;
  console.error = (...words: unknown[]) => {
    const text = String(words[0]);
    if (text.includes('panicked at')) last = text.split('\n\nStack:')[0]?.trim();
    print(...words);
  };
  return () => last;
}

/** Whatever this worker loads is told to the page, which shows it. */
function tellRequests(port: Port): void {
  const observer = new PerformanceObserver((list) => {
    for (const { name, transferSize } of list.getEntriesByType('resource') as PerformanceResourceTiming[]) {
      port.postMessage({ type: 'request', entry: { name, transferSize } });
    }
  });
  observer.observe({ type: 'resource', buffered: true });
}

/** Answers the page's calls with `handlers`, until a trap makes the WebAssembly instance unusable. */
export function serve<Calls>(handlers: Handlers<Calls>): void {
  const port = self as unknown as Port;
  const cancelled = new Set<number>();
  const lastPanic = rememberPanic();
  tellRequests(port);

  async function answer(id: number, name: string, args: unknown): Promise<void> {
    const buffers: ArrayBuffer[] = [];
    const context: CallContext = {
      progress: (done, total, partial) => port.postMessage({ type: 'progress', id, done, total, partial }),
      goesOn: async () => {
        await nextTurn();
        return !cancelled.has(id);
      },
      transfer: (...more) => buffers.push(...more),
    };
    try {
      const handler = handlers[name as keyof Calls] as (args: unknown, context: CallContext) => unknown;
      const value = await handler(args, context);
      port.postMessage({ type: 'result', id, value }, buffers);
    } catch (thrown) {
      const fault = faultRecord(thrown);
      // After either the instance may be in any state; only a new one can be trusted.
      if (thrown instanceof WebAssembly.RuntimeError || fault.kind === 'panic') {
        port.postMessage({ type: 'crash', message: lastPanic() ?? fault.message });
      } else {
        port.postMessage({ type: 'error', id, fault });
      }
    } finally {
      cancelled.delete(id);
    }
  }

  port.onmessage = ({ data }) => {
    if (data.type === 'cancel') cancelled.add(data.id);
    else void answer(data.id, data.name, data.args);
  };
}
