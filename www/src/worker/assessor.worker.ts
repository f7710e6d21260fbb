/** Evaluations with every metric, intervals and comparisons, apart from the desk: to end one costs nothing. */
import init, {
  catalogue,
  type Evaluating,
  EvaluationCases,
  EvaluationFiles,
} from '#pkg/evaluation/groundglass_evaluation.js';
import { Fault } from './fault';
import type { AssessorCalls, EvaluationSource } from './messages';
import { type CallContext, serve } from './serve';
import type { EvaluateRequest, EvaluationOutcome } from './words';

/** Long enough to be worth a message, short enough for a cancel to be felt at once. */
const STEP_MILLISECONDS = 80;

function ofCases(source: EvaluationSource & { kind: 'set' }, request: EvaluateRequest): Evaluating {
  const open = new EvaluationCases();
  try {
    for (const { case: of, findings } of source.cases) {
      open.add(of, findings);
      if (source.second !== null) open.add_second(of, source.second[of.name]);
    }
    return open.evaluating(source.region, request, source.context, source.data);
  } finally {
    open.free();
  }
}

function ofFiles(source: EvaluationSource & { kind: 'files' }, request: EvaluateRequest): Evaluating {
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

serve<AssessorCalls>({
  async start({ module }) {
    await init({ module_or_path: module });
    return null;
  },
  catalogue: () => catalogue(),
  assess: ({ source, request }, context) =>
    assess(source.kind === 'set' ? ofCases(source, request) : ofFiles(source, request), context),
});
