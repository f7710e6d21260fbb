/** The user's files, as they come from a drop or a picker. They are only ever read in place. */

export interface UserFile {
  /** Within what was dropped or picked, with `/` between folders. */
  path: string;
  /** A file of the browser's; one out of an archive has no name of its own. */
  file: Blob;
}

// What an operating system leaves in folders and nobody means to open.
const LITTER = /(^|\/)(\.DS_Store|Thumbs\.db|desktop\.ini|__MACOSX(\/.*)?|\._[^/]*)$/i;

export const isWeights = ({ path }: UserFile): boolean => /\.safetensors$/i.test(path);

function meant(files: UserFile[]): UserFile[] {
  return files.filter(({ path }) => !LITTER.test(path)).sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Files from an `<input type="file">`, with their folders where a folder was picked. */
export function pickedFiles(list: FileList): UserFile[] {
  return meant([...list].map((file) => ({ path: file.webkitRelativePath || file.name, file })));
}

function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}

function nextEntries(reader: FileSystemDirectoryReader): Promise<FileSystemEntry[]> {
  return new Promise((resolve, reject) => reader.readEntries(resolve, reject));
}

async function walk(entry: FileSystemEntry, folder: string): Promise<UserFile[]> {
  const path = folder + entry.name;
  if (entry.isFile) return [{ path, file: await fileOf(entry as FileSystemFileEntry) }];
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const files: UserFile[] = [];
  // A reader gives a folder in pieces and ends with an empty one.
  for (let entries = await nextEntries(reader); entries.length > 0; entries = await nextEntries(reader)) {
    for (const child of entries) files.push(...(await walk(child, `${path}/`)));
  }
  return files;
}

/** Files and whole folders from a drop. To be called while the event is handled: its items are gone later. */
export async function droppedFiles(data: DataTransfer): Promise<UserFile[]> {
  const items = [...data.items].filter(({ kind }) => kind === 'file');
  const entries = items.map((item) => item.webkitGetAsEntry());
  const plain = [...data.files].map((file) => ({ path: file.name, file }));
  if (entries.every((entry) => entry === null)) return meant(plain);
  const found = await Promise.all(entries.map((entry) => (entry === null ? [] : walk(entry, ''))));
  return meant(found.flat());
}

/** The files of both, the later ones last; a file that is there already, unchanged, is not added twice. */
export function joined(before: UserFile[], added: UserFile[]): UserFile[] {
  const same = (a: UserFile, b: UserFile) =>
    a.path === b.path &&
    a.file.size === b.file.size &&
    (a.file as File).lastModified === (b.file as File).lastModified;
  return [...before, ...added.filter((file) => !before.some((other) => same(file, other)))];
}
