/** Where cases come from: a bundled sample, a phantom, or files of the user's. */
import { asFault, Fault } from '../worker/fault';
import type { OpenedImage } from '../worker/messages';
import type { PhantomKind, Problem } from '../worker/words';
import type { Desk } from './desk';
import type { UserFile } from './files';
import type { Library, SampleEntry } from './library';
import type { PhantomKnobs } from './view';

/** A case that can be opened, again and again. */
export interface CaseInput {
  name: string;
  open(desk: Desk): Promise<OpenedImage>;
  /** The same key means the same pixels. */
  key: unknown;
}

export interface CaseSource {
  kind: 'sample' | 'phantom' | 'files';
  title: string;
  /** Announces all truth to the desk and lists the cases. */
  prepare(desk: Desk, signal: AbortSignal): Promise<{ inputs: CaseInput[]; problems: Problem[] }>;
}

export const PHANTOMS = [
  { name: 'phantom-shape', kind: 'shape', title: 'Phantom: disc or donut, by shape' },
  { name: 'phantom-pattern', kind: 'pattern', title: 'Phantom: disc or donut, by inner pattern' },
  { name: 'phantom-size', kind: 'size', title: 'Phantom: two sizes of disc' },
] as const;

/** The model that was trained on phantoms. */
export const PHANTOM_MODEL = 'donuts';

export function phantomSource(kind: PhantomKind, knobs: PhantomKnobs): CaseSource {
  const { seed, fewest, most, ...fractions } = knobs;
  const count =
    fewest !== undefined && most !== undefined ? { count: [fewest, most] as [number, number] } : {};
  const options = { kind, seed, ...count, ...fractions };
  const name = `phantom-${kind}-${seed}.png`;
  return {
    kind: 'phantom',
    title: name,
    prepare: async () => ({
      inputs: [{ name, key: JSON.stringify(options), open: (desk) => desk.call('openPhantom', { options }) }],
      problems: [],
    }),
  };
}

/** Reads a file into memory. @throws {Fault} naming it. */
async function contents({ path, file }: UserFile): Promise<Uint8Array> {
  try {
    return new Uint8Array(await file.arrayBuffer());
  } catch {
    const message = `${path} cannot be read: it was moved, changed or is not accessible any more.`;
    throw new Fault({ kind: 'unreadable', file: path, message });
  }
}

/** What a truth file has wrong with it; one that cannot be read at all is one problem, and the rest goes on. */
async function told(path: string, work: () => Promise<Problem[]>): Promise<Problem[]> {
  try {
    return await work();
  } catch (thrown) {
    const { kind, message } = asFault(thrown);
    if (kind === 'crash') throw new Fault({ kind, message, file: path });
    return [{ file: path, message }];
  }
}

export function sampleSource(sample: SampleEntry, library: Library): CaseSource {
  return {
    kind: 'sample',
    title: sample.title,
    async prepare(desk, signal) {
      // All files at once: together they take as long as the largest.
      const files = await Promise.all(
        sample.files.map(async (file) => ({ ...file, data: await library.sample(file) })),
      );
      signal.throwIfAborted();
      const images = files.filter(({ role }) => role === 'image');
      const first = images[0]?.path ?? '';
      const problems: Problem[] = [];
      for (const { path, role, data } of files) {
        if (role === 'label_map') {
          problems.push(
            ...(await told(path, () => desk.call('addLabelMap', { image: first, path, bytes: data }))),
          );
        } else if (role === 'coco') {
          problems.push(...(await told(path, () => desk.call('addCoco', { path, bytes: data }))));
        }
      }
      const inputs = images.map(({ path, data }) => ({
        name: path,
        key: path,
        open: (to: Desk) => to.call('open', { name: path, bytes: data }),
      }));
      return { inputs, problems };
    },
  };
}

export function filesSource(files: UserFile[]): CaseSource {
  return {
    kind: 'files',
    title: files.length === 1 ? (files[0]?.path ?? '') : `${files.length} files`,
    async prepare(desk, signal) {
      const plan = await desk.call('plan', { paths: files.map(({ path }) => path) });
      const problems = [...plan.problems];
      // Of two files with one name the first is used; the plan has said so.
      const byPath = new Map<string, UserFile>();
      for (const file of files) if (!byPath.has(file.path)) byPath.set(file.path, file);
      const add = async (path: string, work: (bytes: Uint8Array) => Promise<Problem[]>) => {
        const file = byPath.get(path);
        if (file === undefined) return;
        problems.push(...(await told(path, async () => work(await contents(file)))));
        signal.throwIfAborted();
      };
      for (const path of plan.coco) await add(path, (bytes) => desk.call('addCoco', { path, bytes }));
      for (const { path, image } of plan.label_maps) {
        await add(path, (bytes) => desk.call('addLabelMap', { image, path, bytes }));
      }
      const inputs = plan.images.flatMap((path) => {
        const file = byPath.get(path);
        if (file === undefined) return [];
        const open = async (to: Desk) => to.call('open', { name: path, bytes: await contents(file) });
        return [{ name: path, key: file.file, open }];
      });
      return { inputs, problems };
    },
  };
}
