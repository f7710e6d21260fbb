/** Where cases come from: a bundled sample, a phantom, or files of the user's. */
import type { CallOptions } from '../worker/client';
import { asFault, Fault } from '../worker/fault';
import type { NamedFile, OpenedImage } from '../worker/messages';
import type { Hints, PhantomKind, Problem, SetCorrections } from '../worker/words';
import type { Desk } from './desk';
import type { UserFile } from './files';
import { sharedFolder } from './format';
import type { Library, SampleEntry } from './library';
import type { PhantomKnobs } from './view';

/** A case that can be opened, again and again. */
export interface CaseInput {
  name: string;
  open(desk: Desk): Promise<OpenedImage>;
  /** The same key means the same pixels. */
  key: unknown;
  /** The stack that it is a slice of. */
  stack?: string | undefined;
}

/** The file of one case or several. */
export interface Original extends NamedFile {
  names: string[];
}

/** What a source has made ready. */
export interface Prepared {
  inputs: CaseInput[];
  problems: Problem[];
  /** The files from which the cases come; a phantom has none. */
  originals: Original[];
  /** The case that a bundle says was on the screen. */
  select?: string | undefined;
}

export interface CaseSource {
  kind: 'sample' | 'phantom' | 'files';
  title: string;
  /** Announces all truth to the desk and lists the cases; `told` hears how many bytes of how many were read. */
  prepare(desk: Desk, signal: AbortSignal, told?: (done: number, total: number) => void): Promise<Prepared>;
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
      originals: [],
    }),
  };
}

/** What a truth file has wrong with it; one that cannot be read at all is one problem, and the rest goes on. */
async function told(path: string, work: () => Promise<Problem[]>): Promise<Problem[]> {
  try {
    return await work();
  } catch (thrown) {
    const { kind, message } = asFault(thrown);
    if (kind === 'crash') throw new Fault({ kind, message, file: path });
    return [{ file: path, message, kind: 'files that cannot be read', count: 1 }];
  }
}

export function sampleSource(sample: SampleEntry, library: Library): CaseSource {
  return {
    kind: 'sample',
    title: sample.title,
    async prepare(desk, signal) {
      // All files at once: together they take as long as the largest.
      const files = await Promise.all(
        sample.files.map(async (file) => {
          const data = await library.sample(file);
          return { ...file, file: new Blob([data as Uint8Array<ArrayBuffer>]) };
        }),
      );
      signal.throwIfAborted();
      const images = files.filter(({ role }) => role === 'image');
      const first = images[0]?.path ?? '';
      const problems: Problem[] = [];
      for (const { path, role, file } of files) {
        if (role === 'label_map') {
          problems.push(...(await told(path, () => desk.call('addLabelMap', { image: first, path, file }))));
        } else if (role === 'coco') {
          const add = () => desk.call('addAnnotations', { path, file, hints: {} });
          problems.push(...(await told(path, add)));
        }
      }
      const originals = images.map(({ path, file }) => ({ path, file, names: [path] }));
      const inputs = originals.map(({ path, file }) => ({
        name: path,
        key: path,
        open: (to: Desk) => to.call('open', { path, file, index: 0 }),
      }));
      return { inputs, problems, originals };
    },
  };
}

/** Pictures that are never a stack, so that nothing has to be read of them before they are looked at. */
const PICTURE = /\.(png|jpe?g|jfif|webp|bmp)$/i;

/** How the user wants files read. */
export interface Corrections {
  /** One file, by its path. */
  files: Record<string, Partial<Hints>>;
  /** All of them. */
  set: Partial<SetCorrections>;
}

export const UNCORRECTED: Corrections = { files: {}, set: {} };

/** Whether this is what it should be as far as this page can tell; the modules look closer. */
export function isCorrections(value: unknown): value is Corrections {
  const { files, set } = (value ?? {}) as Partial<Corrections>;
  return typeof files === 'object' && files !== null && typeof set === 'object' && set !== null;
}

/** A folder by its name, files by the first of them. */
function titleOf(files: UserFile[]): string {
  const [first = ''] = files.map(({ path }) => path);
  const folder = sharedFolder(files.map(({ path }) => path)).replace(/\/$/, '');
  if (folder !== '') return folder;
  return files.length === 1 ? first : `${first} and ${files.length - 1} more`;
}

/** Takes over what a bundle says was set, once for each of its manifests, and says how files are read from now on. */
export type Restore = (bundle: { manifest: Blob; state: unknown; hasReport: boolean }) => {
  corrections: Corrections;
  select?: string | undefined;
};

const MANIFEST = /(^|\/)groundglass-bundle\.json$/;

export function filesSource(given: UserFile[], before: Corrections, restore: Restore): CaseSource {
  return {
    kind: 'files',
    title: titleOf(given),
    async prepare(desk, signal, progressed) {
      const problems: Problem[] = [];
      const files = await unpacked(desk, given, problems, signal);
      const plan = await desk.call('plan', { paths: files.map(({ path }) => path) });
      problems.push(...plan.problems);
      let corrections = before;
      await desk.call('correct', { corrections: corrections.set });
      // Of two files with one name the first is used; the plan has said so.
      const byPath = new Map<string, UserFile>();
      for (const file of files) if (!byPath.has(file.path)) byPath.set(file.path, file);
      const maps = [...plan.label_maps.map(({ path }) => path), ...plan.label_volumes];
      const lengths = [...plan.annotations, ...maps].map((path) => byPath.get(path)?.file.size ?? 0);
      const total = lengths.reduce((sum, length) => sum + length, 0);
      let behind = 0;
      const progress = (done: number) => progressed?.(behind + done, total);
      const add = async (path: string, work: (file: Blob, options: CallOptions) => Promise<Problem[]>) => {
        const file = byPath.get(path)?.file;
        if (file === undefined) return;
        problems.push(...(await told(path, () => work(file, { signal, progress }))));
        behind += file.size;
        signal.throwIfAborted();
      };
      // A bundle says how the files beside it are to be read.
      const manifests = plan.annotations.filter((path) => MANIFEST.test(path));
      let select: string | undefined;
      for (const path of manifests) {
        await add(path, (file, options) => desk.call('addAnnotations', { path, file, hints: {} }, options));
      }
      const manifest = byPath.get(manifests.at(-1) ?? '')?.file;
      const state = manifest === undefined ? null : await desk.call('bundleState', null);
      if (manifest !== undefined && state !== null) {
        const hasReport = (await desk.call('bundleReport', null)) !== null;
        ({ corrections, select } = restore({ manifest, state: JSON.parse(state), hasReport }));
        await desk.call('correct', { corrections: corrections.set });
      }
      for (const path of plan.annotations.filter((path) => !manifests.includes(path))) {
        const hints = corrections.files[path] ?? {};
        await add(path, (file, options) => desk.call('addAnnotations', { path, file, hints }, options));
      }
      for (const { path, image } of plan.label_maps) {
        await add(path, (file, options) => desk.call('addLabelMap', { image, path, file }, options));
      }
      for (const path of plan.label_volumes) {
        await add(path, (file, options) => desk.call('addLabelVolume', { path, file }, options));
      }
      const inputs: CaseInput[] = [];
      const originals: Original[] = [];
      for (const path of plan.images) {
        const file = byPath.get(path)?.file;
        if (file === undefined) continue;
        let names = [path];
        // Of which case of a bundle it is the image, its hash tells.
        if (manifests.length > 0 || !PICTURE.test(path)) {
          const look = async () => {
            const seen = await desk.call('look', { path, file });
            names = seen.names;
            return seen.problems;
          };
          // What cannot be opened stays in the list, and says so when it is looked at.
          const met = await told(path, look);
          if (names.length === 0) problems.push(...met);
          else originals.push({ path, file, names });
          signal.throwIfAborted();
        } else originals.push({ path, file, names });
        for (const [index, name] of names.entries()) {
          const stack = names.length > 1 ? path : undefined;
          inputs.push({ name, key: file, stack, open: (to) => to.call('open', { path, file, index }) });
        }
      }
      return { inputs: inSeries(inputs, await desk.call('series', null)), problems, originals, select };
    },
  };
}

/** Single images of one series as the slices of a stack, in their order in space. */
function inSeries(inputs: CaseInput[], series: { stack: string; names: string[] }[]): CaseInput[] {
  const places = new Map<string, { stack: string; place: number }>();
  for (const { stack, names } of series) {
    for (const [place, name] of names.entries()) places.set(name, { stack, place });
  }
  if (places.size === 0) return inputs;
  const stacked = inputs.map((input) => ({ ...input, stack: places.get(input.name)?.stack ?? input.stack }));
  const first = new Map(inputs.map(({ name }, index) => [name, index]));
  const order = ({ name }: CaseInput) => {
    const at = places.get(name);
    return at === undefined ? [first.get(name) ?? 0, 0] : [first.get(at.stack) ?? 0, at.place];
  };
  return stacked.sort((a, b) => {
    const [one = 0, place = 0] = order(a);
    const [other = 0, otherPlace = 0] = order(b);
    return one - other || place - otherPlace;
  });
}

/** What archives held: unpacked once, so that what was found in a picture of theirs is found again. */
const UNPACKED = new WeakMap<Blob, { files: UserFile[]; problems: Problem[] }>();

/** The files with those of archives in the archives' place. */
async function unpacked(
  desk: Desk,
  given: UserFile[],
  problems: Problem[],
  signal: AbortSignal,
): Promise<UserFile[]> {
  const { archives } = await desk.call('plan', { paths: given.map(({ path }) => path) });
  await desk.call('reset', null);
  if (archives.length === 0) return given;
  const files = given.filter(({ path }) => !archives.includes(path));
  for (const { path, file } of given.filter((one) => archives.includes(one.path))) {
    problems.push(
      ...(await told(path, async () => {
        const within = UNPACKED.get(file) ?? (await desk.call('unpack', { path, file }, { signal }));
        UNPACKED.set(file, within);
        files.push(...within.files);
        return within.problems;
      })),
    );
    signal.throwIfAborted();
  }
  return files;
}
