/** Files, phantoms, metrics and exports, off the page's own thread. */
import init, { CaseSet, type DeskImage, definitions, version } from '#pkg/desk/groundglass_desk.js';
import type { DeskCalls, OpenedImage } from './messages';
import { type CallContext, serve } from './serve';

let cases: CaseSet | null = null;
/** Images that are cases already; to look at one again it is only decoded. */
const opened = new Set<string>();

function current(): CaseSet {
  if (cases === null) cases = new CaseSet();
  return cases;
}

function hand(name: string, image: DeskImage, context: CallContext): OpenedImage {
  try {
    const { width, height, channels, bits, sha256 } = image;
    const samples = image.samples();
    const rgba = image.rgba();
    context.transfer(samples.buffer as ArrayBuffer, rgba.buffer as ArrayBuffer);
    return { name, width, height, channels, bits, sha256, samples, rgba };
  } finally {
    image.free();
  }
}

serve<DeskCalls>({
  async start({ module }) {
    await init({ module_or_path: module });
    return null;
  },
  about: () => ({ version: version(), definitions: definitions() }),
  reset() {
    cases?.free();
    cases = null;
    opened.clear();
    return null;
  },
  plan: ({ paths }) => current().plan(paths),
  addCoco: ({ path, bytes }) => current().add_coco(path, bytes),
  addLabelMap: ({ image, path, bytes }) => current().add_label_map(image, path, bytes),
  open({ name, bytes }, context) {
    if (!opened.has(name)) {
      const image = current().add_image(name, bytes);
      opened.add(name);
      return hand(name, image, context);
    }
    const scratch = new CaseSet();
    try {
      return hand(name, scratch.add_image(name, bytes), context);
    } finally {
      scratch.free();
    }
  },
  openPhantom({ options }, context) {
    const image = current().add_phantom(options);
    return hand(image.name, image, context);
  },
  finish: () => current().finish(),
  setFindings({ name, findings }) {
    current().set_findings(name, findings);
    return null;
  },
  truth: ({ name }) => current().truth(name) ?? null,
  evaluate: ({ name, options }) => ({
    view: name === null ? null : current().view(name, options),
    evaluation: current().evaluate(options),
  }),
  evaluationCases: () => ({ cases: current().evaluation_cases(), data: current().data() }),
  predictions: () => current().predictions_json(),
  report: ({ options, context }) => current().report_json(options, context),
});
