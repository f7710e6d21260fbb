import { describe, expect, it } from 'vitest';
import { joined, pickedFiles, type UserFile } from './files';

const file = (name: string, text = 'x', lastModified = 1): UserFile => ({
  path: name,
  file: new File([text], name, { lastModified }),
});

describe("the user's files", () => {
  it('leave out what an operating system leaves in folders', () => {
    const list = ['b.png', '.DS_Store', '._a.png', 'Thumbs.db', 'a.png'].map((name) => file(name).file);
    expect(pickedFiles(list as unknown as FileList).map(({ path }) => path)).toEqual(['a.png', 'b.png']);
  });

  it('are added once, unless they are another file of the same name', () => {
    const before = [file('a.png'), file('b.png')];
    const after = joined(before, [file('a.png'), file('b.png', 'longer'), file('c.json')]);
    expect(after.map(({ path }) => path)).toEqual(['a.png', 'b.png', 'b.png', 'c.json']);
  });
});
