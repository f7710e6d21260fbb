import { Fault } from './fault';

export interface DownloadOptions {
  signal?: AbortSignal | undefined;
  /** Bytes to expect after decompression, where that is known. */
  total?: number | undefined;
  /** Bytes so far, and in all (0 where unknown). */
  progress?: ((done: number, total: number) => void) | undefined;
}

function failure(url: string, reason: string): Fault {
  const file = url.split('/').pop() ?? url;
  return new Fault({ kind: 'download', file, message: `${file} could not be downloaded: ${reason}.` });
}

/** The length that a response announces, unless it is that of its compressed form. */
function announcedLength(response: Response): number {
  return response.headers.has('content-encoding') ? 0 : Number(response.headers.get('content-length') ?? 0);
}

async function counted(url: string, { signal, total, progress }: DownloadOptions): Promise<ReadableStream> {
  const response = await fetch(url, { credentials: 'omit', ...(signal && { signal }) }).catch((thrown) => {
    if (signal?.aborted) throw thrown;
    throw failure(url, 'the connection failed');
  });
  if (!response.ok || response.body === null) throw failure(url, `the server answered ${response.status}`);
  const all = total ?? announcedLength(response);
  let done = 0;
  progress?.(done, all);
  const counter = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      done += chunk.byteLength;
      progress?.(done, all);
      controller.enqueue(chunk);
    },
  });
  return response.body.pipeThrough(counter);
}

/** Fetches a file of the site. @throws {Fault} naming the file; an `AbortError` where cancelled. */
export async function downloadBytes(url: string, options: DownloadOptions = {}): Promise<Uint8Array> {
  return new Uint8Array(await new Response(await counted(url, options)).arrayBuffer());
}

/** Fetches and compiles a WebAssembly module; it is compiled while it arrives. */
export async function downloadModule(
  url: string,
  options: DownloadOptions = {},
): Promise<WebAssembly.Module> {
  const headers = { 'content-type': 'application/wasm' };
  return WebAssembly.compileStreaming(new Response(await counted(url, options), { headers }));
}

/** Fetches a JSON file of the site. */
export async function downloadJson<T>(url: string, options: DownloadOptions = {}): Promise<T> {
  return (await new Response(await counted(url, options)).json()) as T;
}
