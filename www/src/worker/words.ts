/** The words of the house as the WebAssembly modules speak them; their types are generated from Rust. */
import type * as desk from '#pkg/desk/groundglass_desk.js';

export type { ModelInfo } from '#pkg/cpu/groundglass_cpu.js';
export type {
  BoundingBox,
  CaseScore,
  CaseSummary,
  CaseView,
  CatalogueEntry,
  Counts,
  CurvePoint,
  DeviceRecord,
  EvaluateOptions,
  Evaluation,
  EvaluationCase,
  Finding,
  FindingStatus,
  FindingView,
  Mask,
  ModelRecord,
  PhantomKind,
  PhantomOptions,
  Problem,
  Region,
  RegionKind,
  SetPlan,
  Statistic,
  Truth,
  TruthRegion,
  TruthStatus,
  TruthView,
  Value,
} from '#pkg/desk/groundglass_desk.js';
export type {
  Bar,
  Comparison,
  Confusion,
  Curve,
  EvaluateRequest,
  EvaluationOutcome,
  Exhibit,
  GroupSummary,
} from '#pkg/evaluation/groundglass_evaluation.js';
export type {
  AskOptions,
  GeneratedAnswer,
  GrounderNeeds,
} from '#pkg/grounder_cpu/groundglass_grounder_cpu.js';
export type {
  Hints,
  Question,
  SetCorrections,
  Understood,
  WrittenForm,
} from '#pkg/intake/groundglass_intake.js';
export type {
  Asked,
  Entry as KnowledgeEntry,
  Generated,
  Grounded,
  PromptStyle,
  Questions,
  ReadKnowledge,
  Scoring,
  StyleEntry,
  Task,
  TaskEntry,
  Told,
  Wish,
} from '#pkg/words/groundglass_words.js';

/** Everything that is exported with the report beside the numbers. */
export type ReportContext = Parameters<desk.CaseSet['report_json']>[1];

/** Which of the two inference modules, and which device inside it. */
export type DeviceKind = 'cpu' | 'gpu';

/** The modules that run models; the longer ones run those that are asked in words too. */
export type EngineModule = DeviceKind | `grounder_${DeviceKind}`;
