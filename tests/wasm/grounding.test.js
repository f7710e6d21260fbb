/** A small Florence-2 in the modules, against what `transformers` made of the same files (tests/reference/florence2). */
import assert from 'node:assert/strict';
import { openAsBlob, readFileSync } from 'node:fs';
import { before, test } from 'node:test';
import { Engine, GrounderFiles, initSync } from '../../pkg/grounder_cpu/groundglass_grounder_cpu.js';
import {
  example_knowledge,
  initSync as initWords,
  read_knowledge,
  tasks,
  Words,
  write_knowledge,
} from '../../pkg/words/groundglass_words.js';

const at = (path) => new URL(`../../${path}`, import.meta.url);
const small = (name) => at(`tests/reference/florence2/small/${name}`);
const bytes = (name) => readFileSync(small(name));
const expected = JSON.parse(bytes('expected.json'));
const BESIDE = ['config.json', 'preprocessor_config.json', 'generation_config.json'];
const [width, height] = [56, 40];
const goOn = async () => true;

/** The picture of make_small.py. */
const picture = Uint8Array.from({ length: width * height }, (_, place) => {
  const [x, y] = [place % width, Math.floor(place / width)];
  return (x * 7 + y * 13 + ((x * y) % 29) * 4) % 256;
});

before(() => {
  initSync({ module: readFileSync(at('pkg/grounder_cpu/groundglass_grounder_cpu_bg.wasm')) });
  initWords({ module: readFileSync(at('pkg/words/groundglass_words_bg.wasm')) });
});

async function files(names = [...BESIDE, 'model.safetensors']) {
  const all = new GrounderFiles();
  for (const name of names) await all.add(name, await openAsBlob(small(name)));
  return all;
}

async function seen(options = {}) {
  const engine = await Engine.create('cpu');
  const info = await engine.load_grounder(await files(), goOn);
  await engine.look('picture', picture, width, height, 1, options, goOn);
  return { engine, info };
}

function furthest(numbers, reference) {
  assert.equal(numbers.length, reference.length);
  return numbers.reduce((most, number, place) => Math.max(most, Math.abs(number - reference[place])), 0);
}

test('features, encoder and logits are those of transformers', async () => {
  const { engine, info } = await seen();
  assert.equal(info.architecture, 'florence2');
  assert.ok(info.agrees, `off by ${info.agreement}`);
  const trace = await engine.trace('picture', Uint32Array.from(expected.question));
  for (const part of ['features', 'encoded', 'logits']) {
    const off = furthest(trace[part], expected[part]);
    assert.ok(off < 1e-4, `${part}: off by ${off}`);
  }
});

test('greedy and beam search write the tokens of transformers, and tell them on the way', async () => {
  const { engine } = await seen();
  const question = Uint32Array.from(expected.question);
  const told = [];
  const greedy = await engine.ask('picture', question, { beams: 1 }, async (tokens) => {
    told.push([...tokens]);
    return true;
  });
  assert.deepEqual(greedy.tokens, expected.greedy);
  assert.ok(told.length > 10);
  assert.deepEqual(told.at(-1), expected.greedy.slice(0, told.at(-1).length));
  // The files ask for three.
  assert.deepEqual((await engine.ask('picture', question, {}, goOn)).tokens, expected.beams);
  const few = await engine.ask('picture', question, { beams: 1, new_tokens: 5 }, goOn);
  assert.deepEqual(few.tokens.slice(0, 5), expected.greedy.slice(0, 5));
  assert.equal(few.tokens.length, 6);
});

test('what it needs is told before the weights are read', async () => {
  const engine = await Engine.create('cpu');
  const needs = engine.grounder_needs(await files(BESIDE));
  assert.equal(needs.device, 0);
  assert.ok(needs.heap > 4 * needs.parameters && needs.parameters > 100_000);
  assert.deepEqual([needs.beams, needs.new_tokens, needs.input], [3, 40, [64, 64]]);
  const config = JSON.parse(bytes('config.json'));
  Object.assign(config.text_config, { vocab_size: 1_000_000, d_model: 4096, encoder_ffn_dim: 16_384 });
  config.vision_config.projection_dim = 4096;
  const huge = new GrounderFiles();
  await huge.add('config.json', new Blob([JSON.stringify(config)]));
  assert.throws(() => engine.grounder_needs(huge), { kind: 'too_large' });
});

test('loading, looking and answering can each be cancelled, and the engine works on', async () => {
  const engine = await Engine.create('cpu');
  const steps = [];
  await assert.rejects(
    engine.load_grounder(await files(), async (done, total) => {
      steps.push([done, total]);
      return steps.length < 20;
    }),
    { kind: 'cancelled' },
  );
  assert.ok(steps.every(([done, total]) => done < total));
  await assert.rejects(engine.look('a', picture, width, height, 1, {}, goOn), { kind: 'no_model' });
  await engine.load_grounder(await files(), goOn);
  await assert.rejects(
    engine.look('a', picture, width, height, 1, {}, async (done) => done < 2),
    { kind: 'cancelled' },
  );
  assert.equal(engine.has_seen('a'), false);
  await engine.look('a', picture, width, height, 1, {}, goOn);
  assert.equal(engine.has_seen('a'), true);
  const question = Uint32Array.from(expected.question);
  await assert.rejects(
    engine.ask('a', question, {}, async (tokens) => tokens.length < 4),
    { kind: 'cancelled' },
  );
  assert.deepEqual((await engine.ask('a', question, {}, goOn)).tokens, expected.beams);
  await assert.rejects(engine.ask('b', question, {}, goOn), { kind: 'not_seen' });
});

test('another way of giving the image forgets what was seen', async () => {
  const { engine } = await seen();
  await engine.look('padded', picture, width, height, 1, { pad: 64 }, goOn);
  assert.deepEqual([engine.has_seen('picture'), engine.has_seen('padded')], [false, true]);
  const { placement } = await engine.ask('padded', Uint32Array.from(expected.question), {}, goOn);
  const [left, top, across, down] = placement;
  assert.deepEqual([left, across], [0, 1]);
  assert.ok(top > 0.1 && Math.abs(2 * top + down - 1) < 0.02);
});

test('wrong files are named, with what is wrong', async () => {
  const engine = await Engine.create('cpu');
  const load = async (change) => {
    const all = new GrounderFiles();
    for (const name of [...BESIDE, 'model.safetensors']) {
      const content = change(name, bytes(name));
      if (content !== null) await all.add(name, new Blob([content]));
    }
    return engine.load_grounder(all, goOn);
  };
  const but = (wanted, content) => load((name, whole) => (name === wanted ? content(whole) : whole));
  await assert.rejects(
    but('config.json', () => null),
    { message: /there is no config\.json/ },
  );
  await assert.rejects(
    but('config.json', () => '{}'),
    { kind: 'config', message: /config\.json/ },
  );
  await assert.rejects(
    but('model.safetensors', () => null),
    { kind: 'weights', message: /\.safetensors/ },
  );
  await assert.rejects(
    but('model.safetensors', (whole) => whole.subarray(0, 9000)),
    {
      kind: 'weights',
      message: /model\.safetensors/,
    },
  );
  const config = JSON.parse(bytes('config.json'));
  config.text_config.decoder_layers = 3;
  await assert.rejects(
    but('config.json', () => JSON.stringify(config)),
    {
      kind: 'weights',
      message: /model\.safetensors does not fit its configuration.*decoder\.layers\.2/s,
    },
  );
});

test('words become ids, and ids findings with the words that they ground', () => {
  const words = new Words('tokenizer.json', bytes('tokenizer.json'), bytes('config.json'));
  const questions = words.questions({ phrases: ['a disc'] });
  assert.equal(questions.list[0].prompt.text, 'Locate the phrases in the caption: a disc');
  assert.deepEqual([questions.list[0].tokens[0], questions.list[0].tokens.at(-1)], [0, 2]);
  const ids = (text) => words.questions({ phrases: [text] }).list[0].tokens.slice(1, -1);
  const answer = ' a disc<loc_100><loc_200><loc_300><loc_400>';
  // The tokens of the sentence before it, which are the same whatever follows its first word.
  const start = ids('?').length;
  const tokens = [2, 0, ...ids(`?${answer}`).slice(start), 2];
  assert.equal(words.text(Uint32Array.from(tokens.slice(2, -1))), answer);
  const generated = { tokens, log_probabilities: tokens.slice(1).map(() => Math.log(0.5)), probability: 0.5 };
  const told = words.read(questions, 0, generated, { size: [1000, 500], placement: [0, 0, 1, 1] });
  assert.equal(told.found.length, 1);
  const [{ label, words: grounded, region, score }] = told.found;
  assert.equal(label, 'a disc');
  assert.equal(grounded.trim(), 'a disc');
  assert.deepEqual(region.bounding_box, { x_min: 100, y_min: 100, x_max: 300, y_max: 200 });
  assert.ok(score > 0 && score < 0.5);
  assert.throws(() => words.questions({ task: 'object_detection', phrases: ['x'] }), { kind: 'task_input' });
});

test('lists of knowledge are read, written and read again', () => {
  const { entries } = example_knowledge();
  assert.ok(entries.length > 1 && entries.every(({ label, definition }) => label && definition));
  for (const json of [true, false]) {
    const text = write_knowledge(entries, json);
    const again = read_knowledge(json ? 'list.json' : 'list.yaml', new TextEncoder().encode(text));
    assert.deepEqual(again, { entries, problems: [] });
  }
  assert.throws(
    () => read_knowledge('list.yaml', new TextEncoder().encode('a: &x b\nc: *x\n')),
    /list\.yaml/,
  );
  assert.equal(tasks().length, 15);
  assert.equal(tasks().filter(({ takes_words }) => takes_words).length, 3);
});
