/** One device and one model, off the page's own thread: images in, findings out. */
import type * as cpu from '#pkg/cpu/groundglass_cpu.js';
import { probeAdapter } from './adapter';
import { Fault } from './fault';
import type { EngineCalls } from './messages';
import { serve } from './serve';

type EngineModule = typeof cpu;

// Both are only JavaScript faces; the WebAssembly behind one of them is handed over by the page.
const faces = import.meta.glob<EngineModule>('../../../pkg/{cpu,gpu}/groundglass_*.js', { eager: true });

let engine: cpu.Engine | null = null;

function loaded(): cpu.Engine {
  if (engine === null) throw new Fault({ kind: 'internal', message: 'The engine has not been started.' });
  return engine;
}

serve<EngineCalls>({
  probe: () => probeAdapter(navigator.gpu),
  async start({ flavour, module, device }) {
    const face = faces[`../../../pkg/${flavour}/groundglass_${flavour}.js`];
    if (face === undefined) {
      throw new Fault({
        kind: 'missing_module',
        message: `This build of the page has no ${flavour} module.`,
      });
    }
    engine?.free();
    engine = null;
    await face.default({ module_or_path: module });
    engine = await face.Engine.create(device);
    return { device: engine.device, adapter: engine.adapter };
  },
  load: ({ name, bytes }) => loaded().load_model(name, bytes),
  run: ({ samples, width, height, channels }, context) =>
    loaded().run(samples, width, height, channels, async (done, total) => {
      context.progress(done, total);
      return context.goesOn();
    }),
});
