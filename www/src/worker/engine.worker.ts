/** One device and one model, off the page's own thread: images in, findings out. */
import type * as cpu from '#pkg/grounder_cpu/groundglass_grounder_cpu.js';
import { probeAdapter } from './adapter';
import { Fault } from './fault';
import type { EngineCalls, ModelFile } from './messages';
import { type CallContext, serve } from './serve';

/** What every one of them has; those without `grounder_` in their names lack the rest. */
type Face = typeof cpu;

// All are only JavaScript faces; the WebAssembly behind one of them is handed over by the page.
const faces = import.meta.glob<Face>('../../../pkg/{cpu,gpu,grounder_cpu,grounder_gpu}/groundglass_*.js', {
  eager: true,
});

let engine: cpu.Engine | null = null;
let module: Face | null = null;

function loaded(): cpu.Engine {
  if (engine === null) throw new Fault({ kind: 'internal', message: 'The engine has not been started.' });
  return engine;
}

/** The files of a model, their configurations read. */
async function opened(files: ModelFile[]): Promise<cpu.GrounderFiles> {
  if (module === null) throw new Fault({ kind: 'internal', message: 'The engine has not been started.' });
  const all = new module.GrounderFiles();
  for (const { name, file } of files) await all.add(name, file);
  return all;
}

/** Tells how far a computation is, and asks whether it goes on. */
const follow = (context: CallContext) => async (done: number, total: number) => {
  context.progress(done, total);
  return context.goesOn();
};

serve<EngineCalls>({
  probe: () => probeAdapter(navigator.gpu),
  async start({ flavour, module: compiled, device }) {
    const face = faces[`../../../pkg/${flavour}/groundglass_${flavour}.js`];
    if (face === undefined) {
      throw new Fault({
        kind: 'missing_module',
        message: `This build of the page has no ${flavour} module.`,
      });
    }
    engine?.free();
    engine = null;
    await face.default({ module_or_path: compiled });
    module = face;
    engine = await face.Engine.create(device);
    return { device: engine.device, adapter: engine.adapter };
  },
  load: ({ name, bytes }) => loaded().load_model(name, bytes),
  run: ({ samples, width, height, channels }, context) =>
    loaded().run(samples, width, height, channels, follow(context)),
  async needs({ files }) {
    const all = await opened(files);
    try {
      return loaded().grounder_needs(all);
    } finally {
      all.free();
    }
  },
  loadGrounder: async ({ files }, context) => loaded().load_grounder(await opened(files), follow(context)),
  hasSeen: ({ key }) => loaded().has_seen(key),
  async look({ key, samples, width, height, channels, options }, context) {
    await loaded().look(key, samples, width, height, channels, options, follow(context));
    return null;
  },
  ask: ({ key, question, options }, context) =>
    loaded().ask(key, Uint32Array.from(question), options, async (tokens) => {
      context.progress(tokens.length, 0, [...tokens]);
      return context.goesOn();
    }),
});
