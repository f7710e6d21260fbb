import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { deleteModel, fetchModel, keepModel, listModels, openModel } from './modelstore';

/** The parts of the origin-private file system that are used, in memory. */
class Folder {
  readonly entries = new Map<string, Folder | Blob>();

  async getDirectoryHandle(name: string, { create = false } = {}): Promise<Folder> {
    const found = this.entries.get(name);
    if (found instanceof Folder) return found;
    if (!create) throw new DOMException('missing', 'NotFoundError');
    const made = new Folder();
    this.entries.set(name, made);
    return made;
  }

  async getFileHandle(name: string, { create = false } = {}) {
    if (!this.entries.has(name) && !create) throw new DOMException('missing', 'NotFoundError');
    return {
      getFile: async () => this.entries.get(name),
      createWritable: async () => ({
        write: async (data: Blob | string) => {
          this.entries.set(name, new Blob([data]));
        },
        close: async () => {},
        abort: async () => {},
      }),
    };
  }

  async removeEntry(name: string): Promise<void> {
    this.entries.delete(name);
  }

  async *keys(): AsyncGenerator<string> {
    yield* this.entries.keys();
  }
}

const content = Uint8Array.from({ length: 1000 }, (_, place) => place % 251);
const offered = {
  name: 'small',
  title: 'A small one',
  address: 'https://models.example/small',
  files: [
    { name: 'config.json', bytes: 2 },
    { name: 'model.safetensors', bytes: content.length },
  ],
};
const options = () => ({ signal: new AbortController().signal, progress: () => {} });

/** Answers with the file from where it is asked for, and breaks off after `most` bytes. */
function server(most: { bytes: number }, { ranges = true, mark = '"one"' } = {}) {
  const asked: { name: string; range: string | null }[] = [];
  const fetched = async (url: URL, init: { headers?: Record<string, string> }) => {
    const name = url.pathname.split('/').at(-1) ?? '';
    const headers = new Headers(init.headers);
    const range = headers.get('range');
    asked.push({ name, range });
    if (name === 'config.json') return new Response('{}', { headers: { etag: mark } });
    const known = ranges && headers.get('if-range') === mark;
    const start = known && range !== null ? Number(/^bytes=(\d+)-$/.exec(range)?.[1]) : 0;
    const rest = content.subarray(start);
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(rest.slice(0, most.bytes));
      },
      pull(controller) {
        if (rest.length > most.bytes) controller.error(new TypeError('broken'));
        else controller.close();
      },
    });
    return new Response(body, { status: start > 0 ? 206 : 200, headers: { etag: mark } });
  };
  vi.stubGlobal('fetch', fetched);
  return asked;
}

async function stored(id: string): Promise<Uint8Array> {
  const file = (await openModel(id)).find(({ name }) => name === 'model.safetensors')?.file;
  return new Uint8Array((await file?.arrayBuffer()) ?? new ArrayBuffer(0));
}

beforeEach(() => {
  const root = new Folder();
  vi.stubGlobal('location', new URL('https://site.example/page/'));
  vi.stubGlobal('navigator', {
    storage: { getDirectory: async () => root, estimate: async () => ({ quota: 5000, usage: 0 }) },
  });
});

afterEach(() => vi.unstubAllGlobals());

describe('a model that is fetched', () => {
  it('goes on where it was cut, and is whole then', async () => {
    const most = { bytes: 400 };
    const asked = server(most);
    await expect(fetchModel(offered, options())).rejects.toMatchObject({
      kind: 'download',
      file: 'model.safetensors',
    });
    expect(await listModels()).toMatchObject([{ title: 'A small one', bytes: 1002, there: 402 }]);
    most.bytes = 1000;
    const id = await fetchModel(offered, options());
    expect(asked.slice(2)).toEqual([{ name: 'model.safetensors', range: 'bytes=400-' }]);
    expect(await stored(id)).toEqual(content);
    await fetchModel(offered, options());
    expect(asked).toHaveLength(3);
  });

  it('begins again where the server has another version, or no ranges', async () => {
    for (const later of [{ mark: '"two"' }, { ranges: false }]) {
      server({ bytes: 300 });
      await expect(fetchModel(offered, options())).rejects.toMatchObject({ kind: 'download' });
      server({ bytes: 1000 }, later);
      const id = await fetchModel(offered, options());
      expect(await stored(id)).toEqual(content);
      await deleteModel(id);
      expect(await listModels()).toEqual([]);
    }
  });

  it('is refused where it is longer or shorter than its list says, or has no room', async () => {
    server({ bytes: 1000 });
    const other = (bytes: number) => ({ ...offered, files: [{ name: 'model.safetensors', bytes }] });
    await expect(fetchModel(other(999), options())).rejects.toThrow(/longer than the 999 bytes/);
    await expect(fetchModel({ ...other(1001), name: 'b' }, options())).rejects.toThrow(
      /it has 1000 bytes, 1001/,
    );
    await expect(fetchModel({ ...other(6000), name: 'c' }, options())).rejects.toMatchObject({
      kind: 'no_room',
    });
  });
});

describe('a model of the user', () => {
  it('is copied, read in place and deleted', async () => {
    const files = [{ name: 'model.safetensors', file: new Blob([content]) }];
    await keepModel('own', files, options());
    const [kept] = await listModels();
    expect(kept).toMatchObject({ title: 'own', bytes: 1000, there: 1000, address: '' });
    expect(await stored(kept?.id ?? '')).toEqual(content);
    await deleteModel(kept?.id ?? '');
    await expect(openModel(kept?.id ?? '')).rejects.toMatchObject({ kind: 'unreadable' });
  });

  it('leaves nothing where it was cancelled', async () => {
    const control = new AbortController();
    control.abort();
    const files = [{ name: 'model.safetensors', file: new Blob([content]) }];
    await expect(keepModel('own', files, { ...options(), signal: control.signal })).rejects.toThrow();
    expect(await listModels()).toEqual([]);
  });
});
