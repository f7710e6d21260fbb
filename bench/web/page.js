/**
 * The two contestants, in one page. Each is a function that runs the default model once on the same image and
 * returns when the result is in JavaScript's hands.
 */

const model = 'nuclei';

async function bytesOf(path) {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

/** The upper left square of the bundled sample, `side` pixels wide, as 16-bit grey values. */
async function image(side) {
  const desk = await import('/pkg/desk/groundglass_desk.js');
  await desk.default();
  const decoded = new desk.CaseSet().add_image('image.tif', await bytesOf('/samples/nuclei/image.tif'));
  if (side > Math.min(decoded.width, decoded.height))
    throw new Error(`the sample is smaller than ${side} pixels`);
  const samples = decoded.samples();
  const square = new Uint16Array(side * side);
  for (let row = 0; row < side; row += 1) {
    square.set(samples.subarray(row * decoded.width, row * decoded.width + side), row * side);
  }
  return square;
}

/** Groundglass: preparing the image, the network, and turning its output into findings. */
async function burn(device, pixels, side) {
  const module = await import(`/pkg/${device}/groundglass_${device}.js`);
  await module.default();
  const engine = await module.Engine.create(device);
  const info = await engine.load_model(model, await bytesOf(`/models/${model}.safetensors`));
  if (!info.agrees) throw new Error(`burn on ${device} is off by ${info.agreement}`);
  return () => engine.run(pixels, side, side, 1, async () => true);
}

/** onnxruntime-web: the network alone, on one thread. */
async function onnx(device, pixels, side) {
  const ort = await import(device === 'cpu' ? '/ort/ort.wasm.min.mjs' : '/ort/ort.webgpu.min.mjs');
  ort.env.wasm.wasmPaths = '/ort/';
  ort.env.wasm.numThreads = 1;
  const session = await ort.InferenceSession.create('/model.onnx', {
    executionProviders: [device === 'cpu' ? 'wasm' : 'webgpu'],
    graphOptimizationLevel: 'all',
  });
  // Grey in every channel, as Groundglass does it. How the values lie does not change the time.
  const channels = session.inputMetadata[0].shape[1];
  const largest = pixels.reduce((most, pixel) => Math.max(most, pixel), 1);
  const values = new Float32Array(channels * side * side);
  for (let channel = 0; channel < channels; channel += 1) {
    values.set(
      Float32Array.from(pixels, (pixel) => pixel / largest),
      channel * side * side,
    );
  }
  const input = new ort.Tensor('float32', values, [1, channels, side, side]);
  return async () => {
    const outputs = await session.run({ [session.inputNames[0]]: input });
    for (const output of Object.values(outputs)) await output.getData(true);
  };
}

async function milliseconds(run) {
  const start = performance.now();
  await run();
  return performance.now() - start;
}

/** Runs both in turn: `warmups` rounds that do not count, then `rounds` that do. */
globalThis.measure = async ({ device, side, warmups, rounds }) => {
  const pixels = await image(side);
  const contestants = {
    burn: await burn(device, pixels, side),
    onnxruntime: await onnx(device, pixels, side),
  };
  const times = { burn: [], onnxruntime: [] };
  for (let round = 0; round < warmups + rounds; round += 1) {
    for (const [name, run] of Object.entries(contestants)) {
      const time = await milliseconds(run);
      if (round >= warmups) times[name].push(time);
    }
  }
  return times;
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
