import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { before, test } from 'node:test';
import { Engine, initSync } from '../../pkg/cpu/groundglass_cpu.js';

const at = (path) => new URL(`../../${path}`, import.meta.url);
const side = 64;
const dark = new Uint8Array(side * side);
const goOn = async () => true;
const models = readdirSync(at('models')).filter((file) => file.endsWith('.safetensors'));

before(() => initSync({ module: readFileSync(at('pkg/cpu/groundglass_cpu_bg.wasm')) }));

async function loaded(file = models[0]) {
  const engine = await Engine.create('cpu');
  const info = await engine.load_model(file, readFileSync(at(`models/${file}`)));
  return { engine, info };
}

test('there are models', () => assert.notEqual(models.length, 0));

for (const file of models) {
  test(`${file} answers in WebAssembly what it must`, async () => {
    const { engine, info } = await loaded(file);
    assert.equal(engine.device, 'cpu');
    assert.equal(`${info.name}.safetensors`, file);
    assert.ok(info.agrees && info.agreement <= info.tolerance, `off by ${info.agreement}`);
    assert.ok(info.parameters > 0 && info.labels.length > 0);
    assert.match(info.sha256, /^[0-9a-f]{64}$/);
  });
}

test('a run tells how far it is, and finds nothing in the dark', async () => {
  const { engine } = await loaded();
  const steps = [];
  const findings = await engine.run(dark, side, side, 1, async (done, total) => {
    steps.push([done, total]);
    return true;
  });
  assert.deepEqual(steps, [
    [0, 1],
    [1, 1],
  ]);
  assert.deepEqual(findings, []);
});

test('a run that is told to stop throws `cancelled`, and the engine works on', async () => {
  const { engine } = await loaded();
  await assert.rejects(
    engine.run(dark, side, side, 1, async () => false),
    { kind: 'cancelled' },
  );
  assert.deepEqual(await engine.run(dark, side, side, 1, goOn), []);
});

test('what cannot be run is refused in one sentence', async () => {
  const engine = await Engine.create('cpu');
  await assert.rejects(engine.run(dark, side, side, 1, goOn), { kind: 'no_model' });
  await assert.rejects(Engine.create('gpu'), { kind: 'no_adapter' });
  const whole = readFileSync(at(`models/${models[0]}`));
  for (const bytes of [new Uint8Array(), whole.subarray(0, 1000), new TextEncoder().encode('not weights')]) {
    await assert.rejects(engine.load_model('own.safetensors', bytes), (error) => {
      assert.notEqual(error.kind, 'panic');
      assert.match(error.message, /own\.safetensors/);
      return true;
    });
  }
  const { engine: ready } = await loaded();
  await assert.rejects(ready.run(dark, side + 1, side, 1, goOn), { kind: 'argument' });
});
