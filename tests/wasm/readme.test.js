import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const pkg = fileURLToPath(new URL('../../pkg', import.meta.url));
let folder;

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'groundglass-'));
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(pkg, join(folder, 'node_modules/groundglass'), 'junction');
});

after(() => rmSync(folder, { recursive: true }));

test('the example for Node in the package README runs as it stands', () => {
  const readme = readFileSync(join(pkg, 'README.md'), 'utf8');
  const [, example] = readme.match(/## In Node[\s\S]*?```js\n([\s\S]*?)```/);
  writeFileSync(join(folder, 'example.mjs'), example);
  const said = execFileSync(process.execPath, ['example.mjs'], { cwd: folder, encoding: 'utf8' });
  assert.match(said, /^[1-9]\d* found, 0 missed\n$/);
});

test('the package exports what its README lists', () => {
  const { exports, license } = JSON.parse(readFileSync(join(pkg, 'package.json'), 'utf8'));
  assert.equal(license, 'MIT OR Apache-2.0');
  for (const name of ['desk', 'cpu', 'gpu']) {
    assert.ok(exports[`./${name}`].types.endsWith('.d.ts'));
    for (const file of [...Object.values(exports[`./${name}`]), exports[`./${name}/wasm`]]) {
      assert.ok(readFileSync(join(pkg, file)).length > 0, file);
    }
  }
});
