/**
 * The two contestants, in one page: Groundglass as the page uses it, and onnxruntime-web with the three graphs that
 * export_onnx.py makes of the same weights. Both see the same image and answer the same question, token by token.
 */

const PIECE = 1 << 24;
const MEAN = [0.485, 0.456, 0.406];
const DEVIATION = [0.229, 0.224, 0.225];

/** A file of the model's folder, fetched in pieces: none is held twice. */
async function fileOf(name) {
  const pieces = [];
  for (let first = 0, size = Number.POSITIVE_INFINITY; first < size; first += PIECE) {
    const response = await fetch(`/model/${name}`, {
      headers: { range: `bytes=${first}-${first + PIECE - 1}` },
    });
    if (response.status !== 206) throw new Error(`${name}: ${response.status}`);
    size = Number(response.headers.get('content-range').split('/')[1]);
    pieces.push(await response.blob());
  }
  return new Blob(pieces);
}

/** Samples of three channels, pixel by pixel. How they lie does not change the time. */
function imageOf({ height, width }) {
  return Uint8Array.from({ length: 3 * height * width }, (_, index) => (index * 2654435761) >>> 24);
}

/** The numbers that the network sees: normalised, channel by channel. */
function pixelsOf(samples) {
  const area = samples.length / 3;
  const values = new Float32Array(samples.length);
  for (let channel = 0; channel < 3; channel += 1) {
    for (let place = 0; place < area; place += 1) {
      const value = samples[place * 3 + channel] / 255;
      values[channel * area + place] = (value - MEAN[channel]) / DEVIATION[channel];
    }
  }
  return values;
}

async function groundglass(device, task) {
  const name = `grounder_${device}`;
  const module = await import(`/pkg/${name}/groundglass_${name}.js`);
  const exports = await module.default();
  const engine = await module.Engine.create(device);
  const files = new module.GrounderFiles();
  for (const file of ['config.json', 'model.safetensors']) await files.add(file, await fileOf(file));
  const info = await engine.load_grounder(files, async () => true);
  if (!info.agrees) throw new Error(`Groundglass on ${device} is off by ${info.agreement}`);
  const { height, width } = task;
  const samples = imageOf(task);
  const question = Uint32Array.from(task.prompt);
  const options = { side: width, beams: 1, new_tokens: task.tokens };
  return {
    image: () => engine.look('image', samples, width, height, 3, options, async () => true),
    /** The prompt pass ends where the search is about to ask for its first token. */
    async answer() {
      const marks = [performance.now()];
      await engine.ask('image', question, options, async () => {
        marks.push(performance.now());
        return true;
      });
      marks.push(performance.now());
      return marks;
    },
    logits: async () => (await engine.trace('image', question)).logits,
    memory: () => exports.memory.buffer.byteLength,
    release: () => engine.free(),
  };
}

async function onnxruntime(device, task) {
  const ort = await import(device === 'cpu' ? '/ort/ort.wasm.min.mjs' : '/ort/ort.webgpu.min.mjs');
  ort.env.wasm.wasmPaths = '/ort/';
  ort.env.wasm.numThreads = 1;
  const open = async (name) =>
    ort.InferenceSession.create(new Uint8Array(await (await fileOf(`${name}.onnx`)).arrayBuffer()), {
      executionProviders: [device === 'cpu' ? 'wasm' : 'webgpu'],
      graphOptimizationLevel: 'all',
    });
  const { height, width } = task;
  const pixels = new ort.Tensor('float32', pixelsOf(imageOf(task)), [1, 3, height, width]);
  const whole = (values, shape) => new ort.Tensor('int64', BigInt64Array.from(values, BigInt), shape);
  const ids = whole(task.prompt, [1, task.prompt.length]);
  const kept = [];
  for (let layer = 0; layer < task.layers; layer += 1) kept.push(`keys.${layer}`, `values.${layer}`);
  let sessions = {};
  let features;
  let logits;

  return {
    async open(...names) {
      for (const session of Object.values(sessions)) await session.release();
      sessions = {};
      for (const name of names) sessions[name] = await open(name);
    },
    async image() {
      ({ features } = await sessions.image.run({ pixels }));
      await features.getData();
    },
    async answer() {
      const marks = [performance.now()];
      const cross = await sessions.prompt.run({ features, ids });
      marks.push(performance.now());
      let token = task.start;
      let before = {};
      for (const name of kept) {
        const nothing = [1, task.heads, 0, task.head_width];
        before[`before.${name}`] = new ort.Tensor('float32', new Float32Array(0), nothing);
      }
      for (let position = 0; position < task.tokens; position += 1) {
        const input = { token: whole([token], [1, 1]), position: whole([position], [1]) };
        const output = await sessions.step.run({ ...input, ...cross, ...before });
        const scores = await output.logits.getData();
        if (position === 0) logits = scores;
        token = 0;
        for (let other = 1; other < scores.length; other += 1) {
          if (scores[other] > scores[token]) token = other;
        }
        before = Object.fromEntries(kept.map((name) => [`before.${name}`, output[`after.${name}`]]));
        marks.push(performance.now());
      }
      return marks;
    },
    logits: () => logits,
  };
}

async function milliseconds(run) {
  const start = performance.now();
  await run();
  return performance.now() - start;
}

function middle(times) {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

/**
 * Runs both in turn, the image encoder first and then the answers: `warmups` rounds that do not count, then `rounds`
 * that do. Of an answer, the time of a token is the median of its tokens'.
 */
globalThis.measure = async ({ device, task, warmups, rounds }) => {
  const contestants = {
    groundglass: await groundglass(device, task),
    onnxruntime: await onnxruntime(device, task),
  };
  const times = {};
  for (const part of ['image', 'prompt', 'token']) times[part] = { groundglass: [], onnxruntime: [] };
  const inTurn = async (work) => {
    for (let round = 0; round < warmups + rounds; round += 1) {
      for (const [name, contestant] of Object.entries(contestants)) {
        await work(name, contestant, round >= warmups);
      }
    }
  };
  await contestants.onnxruntime.open('image');
  await inTurn(async (name, contestant, counts) => {
    const time = await milliseconds(contestant.image);
    if (counts) times.image[name].push(time);
  });
  await contestants.onnxruntime.open('prompt', 'step');
  let tokens = 0;
  await inTurn(async (name, contestant, counts) => {
    const marks = await contestant.answer();
    const gaps = marks.slice(1).map((mark, index) => mark - marks[index]);
    tokens = gaps.length - 1;
    if (!counts) return;
    times.prompt[name].push(gaps[0]);
    times.token[name].push(middle(gaps.slice(1)));
  });
  const [ours, theirs] = [await contestants.groundglass.logits(), contestants.onnxruntime.logits()];
  const difference = theirs.reduce((most, value, index) => Math.max(most, Math.abs(value - ours[index])), 0);
  const memory = contestants.groundglass.memory();
  contestants.groundglass.release();
  return { times, difference, memory, tokens };
};

/** What WebGPU adapter there is, or why none counts: a software one is no device to be measured. */
globalThis.adapter = async () => {
  const found = await navigator.gpu?.requestAdapter();
  if (!found) return { usable: false, name: 'none' };
  const { vendor, architecture, description } = found.info;
  const name = [vendor, architecture, description].filter(Boolean).join(' ') || 'unnamed';
  const isSoftware = found.info.isFallbackAdapter || /swiftshader|llvmpipe|software/i.test(name);
  return { usable: !isSoftware, name };
};
