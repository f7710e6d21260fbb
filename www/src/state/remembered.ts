/**
 * Sets of files that the user has asked to be kept: copies in this site's own folder on this device (the origin-private
 * file system). Nothing comes here by itself, and everything here can be listed and deleted.
 */
import { Fault } from '../worker/fault';
import type { UserFile } from './files';
import { type Corrections, isCorrections } from './source';

/** What the list says of a set. */
export interface RememberedSet {
  id: string;
  title: string;
  files: number;
  bytes: number;
  /** When it was kept, in milliseconds since 1970. */
  kept: number;
}

/** The contents of a set's `set.json`, which is written last: a folder without it was never finished. */
interface Manifest {
  format: typeof FORMAT;
  title: string;
  kept: number;
  corrections: Corrections;
  files: { path: string; bytes: number }[];
}

export interface KeepOptions {
  signal: AbortSignal;
  progress: (done: number, total: number) => void;
}

const FORMAT = 'groundglass.set/1';
const FOLDER = 'sets';
const MANIFEST = 'set.json';
/** What another tab may still be writing is left alone for so long. */
const UNFINISHED = 24 * 3600 * 1000;

/** Whether this browser can keep files here. */
export function canRemember(): boolean {
  return (
    typeof navigator.storage?.getDirectory === 'function' &&
    typeof FileSystemFileHandle !== 'undefined' &&
    'createWritable' in FileSystemFileHandle.prototype
  );
}

async function sets(): Promise<FileSystemDirectoryHandle> {
  const root = await navigator.storage.getDirectory();
  return root.getDirectoryHandle(FOLDER, { create: true });
}

function isManifest(value: unknown): value is Manifest {
  const manifest = value as Partial<Manifest> | null;
  return (
    manifest?.format === FORMAT &&
    typeof manifest.title === 'string' &&
    typeof manifest.kept === 'number' &&
    isCorrections(manifest.corrections) &&
    Array.isArray(manifest.files) &&
    manifest.files.every(({ path, bytes }) => typeof path === 'string' && typeof bytes === 'number')
  );
}

async function manifestOf(folder: FileSystemDirectoryHandle): Promise<Manifest | null> {
  try {
    const file = await (await folder.getFileHandle(MANIFEST)).getFile();
    const value: unknown = JSON.parse(await file.text());
    return isManifest(value) ? value : null;
  } catch {
    return null;
  }
}

/** The sets that are kept, the latest first. What was never finished is cleared away. */
export async function listSets(): Promise<RememberedSet[]> {
  const folder = await sets();
  const found: RememberedSet[] = [];
  const ids: string[] = [];
  for await (const id of folder.keys()) ids.push(id);
  for (const id of ids) {
    const manifest = await manifestOf(await folder.getDirectoryHandle(id));
    if (manifest !== null) {
      const bytes = manifest.files.reduce((sum, file) => sum + file.bytes, 0);
      found.push({ id, title: manifest.title, files: manifest.files.length, bytes, kept: manifest.kept });
    } else if (Date.now() - Number.parseInt(id, 36) > UNFINISHED) {
      await folder.removeEntry(id, { recursive: true });
    }
  }
  return found.sort((a, b) => b.kept - a.kept);
}

/** Copies files here. @throws {Fault} where the device has no room or refuses; nothing of the set is left then. */
export async function keepSet(
  title: string,
  files: UserFile[],
  corrections: Corrections,
  { signal, progress }: KeepOptions,
): Promise<void> {
  const total = files.reduce((sum, { file }) => sum + file.size, 0);
  const { quota = Number.POSITIVE_INFINITY, usage = 0 } = await navigator.storage.estimate();
  if (total > quota - usage) {
    const message = `The set has ${total} bytes, but the browser gives this site only ${Math.max(0, quota - usage)} more.`;
    throw new Fault({ kind: 'no_room', message });
  }
  // Without this the browser may clear the folder when the device runs full. It may say no.
  await navigator.storage.persist?.().catch(() => false);
  const folder = await sets();
  const kept = Date.now();
  const id = kept.toString(36);
  try {
    const place = await folder.getDirectoryHandle(id, { create: true });
    let before = 0;
    for (const [index, { path, file }] of files.entries()) {
      signal.throwIfAborted();
      const handle = await place.getFileHandle(String(index), { create: true });
      const counted = new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, controller) {
          before += chunk.byteLength;
          progress(before, total);
          controller.enqueue(chunk);
        },
      });
      try {
        await file
          .stream()
          .pipeThrough(counted)
          .pipeTo(await handle.createWritable(), { signal });
      } catch (thrown) {
        signal.throwIfAborted();
        const why = thrown instanceof Error ? thrown.message : String(thrown);
        throw new Fault({ kind: 'unwritable', file: path, message: `${path} cannot be kept: ${why}` });
      }
    }
    const list = files.map(({ path, file }) => ({ path, bytes: file.size }));
    const manifest: Manifest = { format: FORMAT, title, kept, corrections, files: list };
    const writable = await (await place.getFileHandle(MANIFEST, { create: true })).createWritable();
    await writable.write(JSON.stringify(manifest));
    await writable.close();
  } catch (thrown) {
    await folder.removeEntry(id, { recursive: true }).catch(() => undefined);
    throw thrown;
  }
}

/** The files of a set, read in place. @throws {Fault} where the set is gone or damaged. */
export async function openSet(id: string): Promise<{ files: UserFile[]; corrections: Corrections }> {
  const lost = () => new Fault({ kind: 'unreadable', message: 'This set is not on the device any more.' });
  const place = await (await sets()).getDirectoryHandle(id).catch(() => {
    throw lost();
  });
  const manifest = await manifestOf(place);
  if (manifest === null) throw lost();
  const files: UserFile[] = [];
  for (const [index, { path }] of manifest.files.entries()) {
    const handle = await place.getFileHandle(String(index)).catch(() => {
      throw lost();
    });
    files.push({ path, file: await handle.getFile() });
  }
  return { files, corrections: manifest.corrections };
}

/** Deletes a set from the device. The files that it was copied from stay where they are. */
export async function deleteSet(id: string): Promise<void> {
  await (await sets()).removeEntry(id, { recursive: true });
}
