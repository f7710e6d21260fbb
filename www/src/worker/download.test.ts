import { afterEach, describe, expect, it, vi } from 'vitest';
import { downloadBytes, downloadJson } from './download';

function answering(response: () => Response): void {
  vi.stubGlobal('fetch', async () => response());
}

afterEach(() => vi.unstubAllGlobals());

describe('a download', () => {
  it('counts bytes against what is announced', async () => {
    answering(() => new Response('hello', { headers: { 'content-length': '5' } }));
    const progress = vi.fn();
    expect(await downloadBytes('./a/b.txt', { progress })).toEqual(new TextEncoder().encode('hello'));
    expect(progress.mock.calls).toEqual([
      [0, 5],
      [5, 5],
    ]);
  });

  it('does not take the length of a compressed form for the length', async () => {
    const headers = { 'content-length': '3', 'content-encoding': 'br' };
    answering(() => new Response('hello', { headers }));
    const progress = vi.fn();
    await downloadBytes('b', { progress });
    expect(progress).toHaveBeenLastCalledWith(5, 0);
    await downloadBytes('b', { progress, total: 5 });
    expect(progress).toHaveBeenLastCalledWith(5, 5);
  });

  it('names the file that could not be had, and why', async () => {
    answering(() => new Response('', { status: 404 }));
    await expect(downloadJson('./models/index.json')).rejects.toMatchObject({
      kind: 'download',
      message: 'index.json could not be downloaded: the server answered 404.',
    });
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('network')));
    await expect(downloadBytes('x/y.tif')).rejects.toMatchObject({
      message: 'y.tif could not be downloaded: the connection failed.',
    });
  });
});
