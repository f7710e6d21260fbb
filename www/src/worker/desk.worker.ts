/** Files, phantoms, metrics and exports, off the page's own thread. */
import init, {
  CaseSet,
  type DeskImage,
  definitions,
  type Evaluating,
  EvaluationFiles,
  version,
} from '#pkg/desk/groundglass_desk.js';
import { Fault } from './fault';
import type { DeskCalls, EvaluationSource, OpenedImage } from './messages';
import { type CallContext, serve } from './serve';
import type { EvaluateRequest, EvaluationOutcome } from './words';

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

/** Long enough to be worth a message, short enough for a cancel to be felt at once. */
const STEP_MILLISECONDS = 80;

function prepared(source: EvaluationSource, request: EvaluateRequest): Evaluating {
  if (source.kind === 'set') return current().evaluating(source.region, request, source.context);
  const files = new EvaluationFiles();
  try {
    for (const { name, bytes } of source.truth) files.add_truth(name, bytes);
    for (const [model, own] of source.predictions.entries()) {
      for (const { name, bytes } of own) files.add_predictions(model, name, bytes);
    }
    if (source.attributes !== null) files.set_attributes(source.attributes.name, source.attributes.bytes);
    return files.evaluating(request);
  } finally {
    files.free();
  }
}

/** Resamples until all are done, so many at a time as fit a step. */
async function assess(evaluating: Evaluating, { progress, goesOn }: CallContext): Promise<EvaluationOutcome> {
  let count = 1;
  for (;;) {
    const before = performance.now();
    const { done, total } = evaluating.advance(count);
    const took = performance.now() - before;
    progress(done, total);
    if (done >= total) return evaluating.finish();
    count = Math.max(1, Math.round(count * Math.min(4, STEP_MILLISECONDS / Math.max(took, 1))));
    if (!(await goesOn())) {
      evaluating.free();
      throw new Fault({ kind: 'cancelled', message: 'The evaluation was cancelled.' });
    }
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
  assess: ({ source, request }, context) => assess(prepared(source, request), context),
  predictions: () => current().predictions_json(),
  report: ({ options, context }) => current().report_json(options, context),
});
