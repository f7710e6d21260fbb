/** Files, phantoms, metrics and exports, off the page's own thread. */
import * as everyday from '#pkg/desk/groundglass_desk.js';
import * as every from '#pkg/intake/groundglass_intake.js';
import { Fault } from './fault';
import type { DeskCalls, OpenedImage, WrittenImages } from './messages';
import { type CallContext, serve } from './serve';
import { inSteps } from './steps';
import { Watched } from './watched';
import type { Problem } from './words';

/** The module that answers: the everyday formats, or every one. The second has all that the first has. */
let face = everyday as unknown as typeof every;
let isEvery = false;
let cases: every.CaseSet | null = null;
let isRenamed = false;

function current(): every.CaseSet {
  if (cases === null) cases = new face.CaseSet();
  return cases;
}

function needEvery(): void {
  if (!isEvery)
    throw new Fault({ kind: 'unsupported', message: 'These files need the module for all formats.' });
}

const watched = (file: Blob, { progress }: CallContext) =>
  new Watched(file, (bytes) => progress(bytes, file.size));

const cancelled = () => new Fault({ kind: 'cancelled', message: 'Cancelled.' });

/** Bytes of images that are copied in a step. */
const PIECE = 8 << 20;

/** Tells and looks up as `context` does, where this is the part from `from` to `to` of the whole. */
function part({ progress, goesOn }: CallContext, from: number, to: number, share: () => number) {
  return { tell: () => progress(from + share() * (to - from), 1), goesOn };
}

/**
 * Makes cases of the images that nothing has looked at, and gives the way to all of them, with the share of the whole
 * that this was.
 */
async function originals({ files, unread }: WrittenImages, context: CallContext) {
  const set = current();
  const share = unread.length / Math.max(1, unread.length + files.length);
  let next = 0;
  const look = () => {
    const image = unread[next];
    if (image === undefined) return false;
    next += 1;
    // While this looked up, something else was opened.
    if (cases !== set)
      throw new Fault({ kind: 'closed', message: 'The set that was to be written was closed.' });
    try {
      set.take_header(image.path, image.file);
    } catch (thrown) {
      // One that cannot be opened is no case, and is named among the problems of the set.
      if (thrown instanceof WebAssembly.RuntimeError) throw thrown;
    }
    return true;
  };
  const told = part(context, 0, share, () => next / unread.length);
  if (!(await inSteps(look, told))) throw cancelled();
  const byPath = new Map(files.map(({ path, file }) => [path, file]));
  return { set, share, open: (path: string) => byPath.get(path) };
}

/** Writes to the end, unless it is cancelled; the set stays as it is. */
async function finished(
  writing: every.WritingSet | every.WritingBundle | every.WritingPredictions,
  step: () => boolean,
  from: number,
  context: CallContext,
): Promise<Blob> {
  try {
    const told = part(context, from, 1, () => writing.done / Math.max(1, writing.total));
    if (!(await inSteps(step, told))) throw cancelled();
  } catch (thrown) {
    if (!(thrown instanceof WebAssembly.RuntimeError)) writing.free();
    throw thrown;
  }
  return writing.finish();
}

function hand(image: every.DeskImage, context: CallContext): OpenedImage {
  try {
    const { name, width, height, channels, bits, sha256 } = image;
    const samples = image.samples();
    const rgba = image.rgba();
    context.transfer(samples.buffer as ArrayBuffer, rgba.buffer as ArrayBuffer);
    return { name, width, height, channels, bits, sha256, samples, rgba };
  } finally {
    image.free();
  }
}

serve<DeskCalls>({
  async start({ module, everyFormat }) {
    isEvery = everyFormat;
    if (everyFormat) face = every;
    await face.default({ module_or_path: module });
    return null;
  },
  about: () => ({ version: face.version(), definitions: face.definitions() }),
  reset() {
    cases?.free();
    cases = null;
    isRenamed = false;
    return null;
  },
  unpack({ path, file }) {
    needEvery();
    const files: { path: string; file: Blob }[] = [];
    // A blob of the browser's may lie on its disk; only a few megabytes at a time are in this worker's memory.
    const problems = every.unpack_archive(path, file, (within, unpacked) => {
      files.push({ path: `${path}/${within}`, file: unpacked });
      return true;
    });
    return { files, problems };
  },
  plan: ({ paths }) => current().plan(paths),
  correct({ corrections }) {
    current().correct(corrections);
    isRenamed = Object.keys(corrections.classes ?? {}).length > 0;
    return null;
  },
  addAnnotations: ({ path, file, hints }, context) =>
    current().add_annotations(path, watched(file, context), hints),
  addLabelMap: ({ image, path, file }, context) =>
    current().add_label_map(image, path, watched(file, context)),
  addLabelVolume: ({ path, file }, context) => current().add_label_volume(path, watched(file, context)),
  look({ path, file }) {
    const problems = isEvery ? current().add_object(path, file) : undefined;
    return problems === undefined
      ? { names: current().look(path, file), problems: [] }
      : { names: [], problems };
  },
  survey({ path, file }) {
    needEvery();
    current().take_header(path, file);
    return null;
  },
  series: () => (isEvery ? current().series() : []),
  open: ({ path, file, index }, context) => hand(current().add_frame(path, file, index), context),
  openPhantom: ({ options }, context) => hand(current().add_phantom(options), context),
  understood: ({ problems }) => current().understood(problems),
  named: ({ findings }) => current().named(findings),
  clearFindings() {
    current().clear_findings();
    return null;
  },
  setFindings({ name, findings }) {
    current().set_findings(name, findings);
    return isRenamed ? (current().findings(name) ?? null) : null;
  },
  truth: ({ name }) => current().truth(name) ?? null,
  findings: ({ name }) => current().findings(name) ?? null,
  evaluate: ({ name, options }) => ({
    view: name === null ? null : current().view(name, options),
    evaluation: current().evaluate(options),
  }),
  evaluationCases: () => ({ cases: current().evaluation_cases(), data: current().data() }),
  predictions(_, context) {
    const writing = current().predictions();
    return finished(writing, () => writing.advance(), 0, context);
  },
  report: ({ options, context }) => current().report_json(options, context),
  cases: () => current().cases(),
  forms: () => (isEvery ? current().written_forms() : []),
  async written({ form, ofFindings, ...images }, context) {
    needEvery();
    const { set, share, open } = await originals(images, context);
    const writing = set.written(form, ofFindings, open);
    let problems: Problem[] = [];
    const step = () => {
      const goesOn = writing.advance();
      if (!goesOn) problems = writing.problems;
      return goesOn;
    };
    return { file: await finished(writing, step, share, context), problems };
  },
  async bundle({ withImages, state, report, ...images }, context) {
    needEvery();
    const { set, share, open } = await originals(images, context);
    const made =
      report === null || typeof report === 'string'
        ? report
        : set.report_json(report.options, report.context);
    const writing = set.bundle(state, made, withImages ? open : undefined);
    return finished(writing, () => writing.advance(PIECE), share, context);
  },
  bundleState: () => (isEvery ? (current().bundle_state() ?? null) : null),
  bundleReport: () => (isEvery ? (current().bundle_report() ?? null) : null),
  boxIn: ({ frame, numbers, width, height }) => face.box_in(frame, new Float64Array(numbers), width, height),
});
