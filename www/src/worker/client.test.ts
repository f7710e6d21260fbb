import { describe, expect, it, vi } from 'vitest';
import { WorkerClient } from './client';
import { Fault } from './fault';
import { type Answer, FakeWorker } from './testing';

interface Calls {
  double: { args: number; result: number };
}

function started(answer: Answer, graceMs = 20) {
  const workers: FakeWorker[] = [];
  const requests: string[] = [];
  const spawn = () => {
    const worker = new FakeWorker(answer);
    workers.push(worker);
    return worker;
  };
  return {
    client: new WorkerClient<Calls>(spawn, ({ name }) => requests.push(name), graceMs),
    workers,
    requests,
  };
}

const doubling: Answer = (_, args: number, reply, id) => {
  reply({ type: 'progress', id, done: 1, total: 2 });
  reply({ type: 'result', id, value: args * 2 });
};
const silent: Answer = () => {};

describe('a worker client', () => {
  it('starts its worker on the first call and passes progress and result on', async () => {
    const { client, workers } = started(doubling);
    expect(workers).toHaveLength(0);
    const progress = vi.fn();
    await expect(client.call('double', 21, { progress })).resolves.toBe(42);
    expect(progress).toHaveBeenCalledWith(1, 2);
    await client.call('double', 1);
    expect(workers).toHaveLength(1);
  });

  it('keeps answers apart by their numbers', async () => {
    const { client, workers } = started(silent);
    const [first, second] = [client.call('double', 1), client.call('double', 2)];
    workers[0]?.reply({ type: 'result', id: 2, value: 'second' });
    workers[0]?.reply({ type: 'result', id: 1, value: 'first' });
    await expect(Promise.all([first, second])).resolves.toEqual(['first', 'second']);
  });

  it('throws the fault of the worker, with its file', async () => {
    const { client } = started((_, __, reply, id) =>
      reply({
        type: 'error',
        id,
        fault: { kind: 'truncated', message: 'a.png is cut short', file: 'a.png' },
      }),
    );
    const fault = await client.call('double', 1).catch((thrown) => thrown);
    expect(fault).toBeInstanceOf(Fault);
    expect(fault).toMatchObject({ kind: 'truncated', file: 'a.png', message: 'a.png is cut short' });
  });

  it('fails every open call on a crash and starts anew on the next', async () => {
    const { client, workers } = started(silent);
    const open = [client.call('double', 1), client.call('double', 2)];
    workers[0]?.reply({ type: 'crash', message: 'panicked at a line' });
    for (const call of open)
      await expect(call).rejects.toMatchObject({ kind: 'crash', message: 'panicked at a line' });
    expect(workers[0]?.ended).toBe(true);
    const generation = client.generation;
    void client.call('double', 3).catch(() => {});
    expect(client.generation).toBe(generation + 1);
    expect(workers).toHaveLength(2);
  });

  it('takes an error of the worker itself for a crash', async () => {
    const { client, workers } = started(silent);
    const call = client.call('double', 1);
    workers[0]?.onerror?.call(workers[0] as never, { message: 'unreachable' } as ErrorEvent);
    await expect(call).rejects.toMatchObject({ kind: 'crash', message: 'unreachable' });
  });

  it('asks for a cancel, and ends a worker that does not look up', async () => {
    const { client, workers } = started(silent);
    const control = new AbortController();
    const call = client.call('double', 1, { signal: control.signal });
    control.abort();
    expect(workers[0]?.sent.at(-1)).toEqual({ type: 'cancel', id: 1 });
    expect(workers[0]?.ended).toBe(false);
    await expect(call).rejects.toMatchObject({ kind: 'cancelled' });
    expect(workers[0]?.ended).toBe(true);
  });

  it('lets a worker live that gives way in time', async () => {
    const { client, workers } = started(silent);
    const control = new AbortController();
    const call = client.call('double', 1, { signal: control.signal });
    control.abort();
    workers[0]?.reply({ type: 'error', id: 1, fault: { kind: 'cancelled', message: 'Cancelled.' } });
    await expect(call).rejects.toMatchObject({ kind: 'cancelled' });
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect(workers[0]?.ended).toBe(false);
  });

  it('sends nothing for what was cancelled before it began', async () => {
    const { client, workers } = started(doubling);
    await expect(client.call('double', 1, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      kind: 'cancelled',
    });
    expect(workers).toHaveLength(0);
  });

  it('passes on what the worker has requested from the network', () => {
    const { client, workers, requests } = started(silent);
    client.wake();
    workers[0]?.reply({ type: 'request', entry: { name: 'https://example.org/x', transferSize: 1 } });
    expect(requests).toEqual(['https://example.org/x']);
  });
});
