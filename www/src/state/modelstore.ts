/**
 * Models that the user has asked to be kept: in this site's own folder on this device (the origin-private file system), a
 * file in pieces, so that a download that was cut goes on where it stopped. Everything here can be listed and deleted.
 */
import { Fault } from '../worker/fault';
import type { ModelFile } from '../worker/messages';
import { bytes } from './format';
import { type ModelPart, partOf } from './modelfiles';

/** A file of a model, as the site's list names it. */
export interface OfferedFile {
  name: string;
  bytes: number;
  /** In hexadecimal, where the list says it. */
  sha256?: string;
}

/** A model that the site offers: beside it, or at the address that its owner has named. */
export interface OfferedModel {
  name: string;
  title: string;
  /** Of the folder, relative to the page or whole. */
  address: string;
  files: OfferedFile[];
}

export interface KeptModel {
  id: string;
  title: string;
  bytes: number;
  /** Bytes that are there; fewer than all where the download was cut. */
  there: number;
  /** Where it came from; empty for files of the user's. */
  address: string;
}

interface KeptFile extends OfferedFile {
  /** The server's mark of this version, with which a cut download may go on. */
  mark: string;
}

interface Manifest {
  format: typeof FORMAT;
  title: string;
  address: string;
  files: KeptFile[];
}

export interface StoreOptions {
  signal: AbortSignal;
  progress: (done: number, total: number) => void;
}

const FORMAT = 'groundglass.model/1';
const FOLDER = 'models';
const MANIFEST = 'model.json';
/** What is lost at most when a download is cut. */
const PIECE = 16 << 20;

async function models(): Promise<FileSystemDirectoryHandle> {
  const root = await navigator.storage.getDirectory();
  return root.getDirectoryHandle(FOLDER, { create: true });
}

async function write(
  folder: FileSystemDirectoryHandle,
  name: string,
  data: BlobPart[] | string,
): Promise<void> {
  const writable = await (await folder.getFileHandle(name, { create: true })).createWritable();
  try {
    await writable.write(typeof data === 'string' ? data : new Blob(data));
    await writable.close();
  } catch (thrown) {
    await writable.abort().catch(() => undefined);
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    throw new Fault({ kind: 'unwritable', message: `The model cannot be kept on this device: ${why}` });
  }
}

async function manifestOf(folder: FileSystemDirectoryHandle): Promise<Manifest | null> {
  try {
    const file = await (await folder.getFileHandle(MANIFEST)).getFile();
    const value = JSON.parse(await file.text()) as Partial<Manifest>;
    return value.format === FORMAT && Array.isArray(value.files) ? (value as Manifest) : null;
  } catch {
    return null;
  }
}

/** The pieces of a file that are there, in their order. */
async function pieces(folder: FileSystemDirectoryHandle, file: number): Promise<File[]> {
  const found: File[] = [];
  for (;;) {
    const handle = await folder.getFileHandle(`${file}.${found.length}`).catch(() => null);
    if (handle === null) return found;
    found.push(await handle.getFile());
  }
}

const sizeOf = (parts: Blob[]): number => parts.reduce((sum, part) => sum + part.size, 0);

/** Every model that is kept, whole or in part. */
export async function listModels(): Promise<KeptModel[]> {
  const folder = await models();
  const ids: string[] = [];
  for await (const id of folder.keys()) ids.push(id);
  const found: KeptModel[] = [];
  for (const id of ids.sort()) {
    const place = await folder.getDirectoryHandle(id);
    const manifest = await manifestOf(place);
    if (manifest === null) continue;
    let there = 0;
    for (const index of manifest.files.keys()) there += sizeOf(await pieces(place, index));
    const all = manifest.files.reduce((sum, file) => sum + file.bytes, 0);
    found.push({ id, title: manifest.title, address: manifest.address, bytes: all, there });
  }
  return found;
}

/** The files of a model, read in place. @throws {Fault} where it is gone, or was never finished. */
export async function openModel(id: string): Promise<ModelFile[]> {
  const lost = new Fault({ kind: 'unreadable', message: 'This model is not whole on this device.' });
  const place = await (await models()).getDirectoryHandle(id).catch(() => {
    throw lost;
  });
  const manifest = await manifestOf(place);
  if (manifest === null) throw lost;
  const files: ModelFile[] = [];
  for (const [index, { name, bytes: size }] of manifest.files.entries()) {
    const parts = await pieces(place, index);
    if (sizeOf(parts) !== size) throw lost;
    // The browser joins them without reading them.
    files.push({ name, file: new Blob(parts) });
  }
  return files;
}

export async function deleteModel(id: string): Promise<void> {
  await (await models()).removeEntry(id, { recursive: true });
}

async function roomFor(size: number): Promise<void> {
  const { quota = Number.POSITIVE_INFINITY, usage = 0 } = await navigator.storage.estimate();
  const left = Math.max(0, quota - usage);
  if (size > left) {
    const message = `The model has ${bytes(size)}, but the browser gives this site only ${bytes(left)} more.`;
    throw new Fault({ kind: 'no_room', message });
  }
  // Without this the browser may clear the folder when the device runs full. It may say no.
  await navigator.storage.persist?.().catch(() => false);
}

/** Copies the user's own files here. @throws {Fault} nothing is left of it then. */
export async function keepModel(
  title: string,
  files: ModelFile[],
  { signal, progress }: StoreOptions,
): Promise<void> {
  const total = sizeOf(files.map(({ file }) => file));
  await roomFor(total);
  const folder = await models();
  const id = Date.now().toString(36);
  try {
    const place = await folder.getDirectoryHandle(id, { create: true });
    let done = 0;
    for (const [index, { file }] of files.entries()) {
      for (let start = 0; start < file.size; start += PIECE) {
        signal.throwIfAborted();
        const piece = file.slice(start, start + PIECE);
        await write(place, `${index}.${start / PIECE}`, [piece]);
        done += piece.size;
        progress(done, total);
      }
    }
    const listed = files.map(({ name, file }) => ({ name, bytes: file.size, mark: '' }));
    await write(place, MANIFEST, JSON.stringify({ format: FORMAT, title, address: '', files: listed }));
  } catch (thrown) {
    await folder.removeEntry(id, { recursive: true }).catch(() => undefined);
    throw thrown;
  }
}

/** A name for a folder that two addresses never share. */
const idOf = ({ name, address }: OfferedModel): string =>
  `${name}-${[...new URL(address, location.href).href].reduce((sum, sign) => (sum * 31 + (sign.codePointAt(0) ?? 0)) >>> 0, 7).toString(36)}`;

/**
 * Fetches a model and keeps it. What of it is there already is not fetched again.
 * @throws {Fault} naming the file; what came stays for the next time.
 */
export async function fetchModel(offered: OfferedModel, options: StoreOptions): Promise<string> {
  const total = offered.files.reduce((sum, file) => sum + file.bytes, 0);
  const id = idOf(offered);
  const place = await (await models()).getDirectoryHandle(id, { create: true });
  const before = await manifestOf(place);
  const files: KeptFile[] = offered.files.map((file) => {
    const known = before?.files.find(({ name, bytes: size }) => name === file.name && size === file.bytes);
    return { ...file, mark: known?.mark ?? '' };
  });
  const manifest: Manifest = { format: FORMAT, title: offered.title, address: offered.address, files };
  let done = 0;
  for (const index of files.keys()) done += sizeOf(await pieces(place, index));
  await roomFor(total - done);
  done = 0;
  for (const [index, file] of files.entries()) {
    const report = (of: number) => options.progress(done + of, total);
    await fetchFile(place, manifest, index, { signal: options.signal, report });
    done += file.bytes;
  }
  return id;
}

/** Where a file of a model is to be had. */
function placeOf({ address }: { address: string }, name: string): URL {
  return new URL(name, new URL(address.endsWith('/') ? address : `${address}/`, location.href));
}

const failed = (name: string, reason: string): Fault =>
  new Fault({ kind: 'download', file: name, message: `${name} could not be downloaded: ${reason}.` });

/** Asks for a file, or for what of it is wanted. @throws {Fault} naming it. */
async function answer(
  offered: { address: string },
  name: string,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<Response> {
  const options: RequestInit = { credentials: 'omit', referrerPolicy: 'no-referrer', headers, signal };
  const response = await fetch(placeOf(offered, name), options).catch(() => {
    signal.throwIfAborted();
    throw failed(name, 'the connection failed');
  });
  if (!response.ok || response.body === null) throw failed(name, `the server answered ${response.status}`);
  return response;
}

/** The small files that say how large a model is, before it is fetched. They are not kept. @throws {Fault} naming one. */
export async function fetchSettings(offered: OfferedModel, signal: AbortSignal): Promise<ModelFile[]> {
  const settings: ModelPart[] = ['config', 'generation', 'preprocessor'];
  const wanted = offered.files.filter(({ name }) => settings.includes(partOf(name) ?? 'weights'));
  return Promise.all(
    wanted.map(async ({ name }) => ({
      name,
      file: await (await answer(offered, name, {}, signal)).blob(),
    })),
  );
}

interface FileOptions {
  signal: AbortSignal;
  report: (done: number) => void;
}

async function fetchFile(
  place: FileSystemDirectoryHandle,
  manifest: Manifest,
  index: number,
  { signal, report }: FileOptions,
): Promise<void> {
  const file = manifest.files[index] as KeptFile;
  const fail = (reason: string) => failed(file.name, reason);
  let there = await pieces(place, index);
  if (sizeOf(there) > file.bytes) there = await dropped(place, index, there);
  let start = sizeOf(there);
  report(start);
  if (start === file.bytes) return;
  const headers: Record<string, string> =
    start > 0 && file.mark !== '' ? { range: `bytes=${start}-`, 'if-range': file.mark } : {};
  const response = await answer(manifest, file.name, headers, signal);
  // A server that does not know ranges, or has another version now, sends everything.
  if (response.status !== 206 && start > 0) {
    there = await dropped(place, index, there);
    start = 0;
  }
  file.mark = response.headers.get('etag') ?? response.headers.get('last-modified') ?? '';
  await write(place, MANIFEST, JSON.stringify(manifest));
  let count = there.length;
  let [held, size]: [Uint8Array<ArrayBuffer>[], number] = [[], 0];
  const put = async () => {
    if (size === 0) return;
    await write(place, `${index}.${count}`, held);
    count += 1;
    [held, size] = [[], 0];
  };
  const reader = (response.body as ReadableStream<Uint8Array<ArrayBuffer>>).getReader();
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      held.push(value);
      size += value.byteLength;
      start += value.byteLength;
      report(start);
      if (start > file.bytes) throw fail(`it is longer than the ${file.bytes} bytes that are named`);
      if (size >= PIECE) await put();
    }
  } catch (thrown) {
    // What has come is kept for the next time, also where the user has cancelled.
    await put().catch(() => undefined);
    signal.throwIfAborted();
    throw thrown instanceof Fault ? thrown : fail('the connection broke');
  }
  await put();
  if (start !== file.bytes) throw fail(`it has ${start} bytes, ${file.bytes} are named`);
}

async function dropped(place: FileSystemDirectoryHandle, index: number, there: File[]): Promise<File[]> {
  for (const piece of there.keys()) await place.removeEntry(`${index}.${piece}`);
  return [];
}
