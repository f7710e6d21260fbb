/**
 * What the page and its workers say to each other. Every call has a number; a worker answers it with any
 * count of `progress` and then one `result` or `error`. A `crash` ends the worker: all its open calls failed.
 */
import type {
  Asked,
  AskOptions,
  CaseSummary,
  CaseView,
  CatalogueEntry,
  DeviceKind,
  EngineModule,
  EvaluateOptions,
  EvaluateRequest,
  Evaluation,
  EvaluationCase,
  EvaluationOutcome,
  Finding,
  Generated,
  GeneratedAnswer,
  GrounderNeeds,
  Hints,
  KnowledgeEntry,
  ModelInfo,
  PhantomOptions,
  Problem,
  Questions,
  ReadKnowledge,
  RegionKind,
  ReportContext,
  SetCorrections,
  SetPlan,
  StyleEntry,
  TaskEntry,
  Told,
  Truth,
  Understood,
  Wish,
  WrittenForm,
} from './words';

/** A fault as it travels between threads. */
export interface FaultRecord {
  kind: string;
  message: string;
  file?: string | undefined;
  place?: string | undefined;
}

/** A decoded image on its way to the screen and to the network. */
export interface OpenedImage {
  name: string;
  width: number;
  height: number;
  channels: number;
  bits: number;
  sha256: string;
  samples: Uint8Array | Uint16Array | Float32Array;
  rgba: Uint8ClampedArray;
}

/** A file that stays where it is. */
export interface NamedFile {
  path: string;
  file: Blob;
}

/** A file whose bytes travel. */
export interface NamedBytes {
  name: string;
  bytes: Uint8Array;
}

/** A file of a model, under its own name. */
export interface ModelFile {
  name: string;
  file: Blob;
}

/** What is evaluated: the open cases with the model's findings, or files of predictions made elsewhere. */
export type EvaluationSource =
  | {
      kind: 'set';
      region: RegionKind;
      context: ReportContext;
      cases: EvaluationCase[];
      /** What was found in the same cases in another way, by their names. */
      second: Record<string, Finding[]> | null;
      data: Record<string, string>;
    }
  | { kind: 'files'; truth: NamedBytes[]; predictions: NamedBytes[][]; attributes: NamedBytes | null };

/** The images of a set that is written. */
export interface WrittenImages {
  files: NamedFile[];
  /** Those of which not every frame is a case yet, because nothing has looked at them. */
  unread: NamedFile[];
}

type Call<Args, Result> = { args: Args; result: Result };

/** What the desk worker can be asked: files, phantoms, metrics and exports. */
export interface DeskCalls {
  start: Call<{ module: WebAssembly.Module; everyFormat: boolean }, null>;
  about: Call<null, { version: string; definitions: CatalogueEntry[] }>;
  reset: Call<null, null>;
  /** The files of an archive. */
  unpack: Call<{ path: string; file: Blob }, { files: { path: string; file: Blob }[]; problems: Problem[] }>;
  plan: Call<{ paths: string[] }, SetPlan>;
  /** How all files shall be understood; before any is added. */
  correct: Call<{ corrections: Partial<SetCorrections> }, null>;
  addAnnotations: Call<{ path: string; file: Blob; hints: Partial<Hints> }, Problem[]>;
  addLabelMap: Call<{ image: string; path: string; file: Blob }, Problem[]>;
  /** A label volume that no image is called after: it is laid by where it lies. */
  addLabelVolume: Call<{ path: string; file: Blob }, Problem[]>;
  /** The names of a file's frames, by its header; none where it draws on other images. */
  look: Call<{ path: string; file: Blob }, { names: string[]; problems: Problem[] }>;
  /** Makes cases of all frames of a file by its header. */
  survey: Call<{ path: string; file: Blob }, null>;
  /** The series of single images that were looked at, in their order. */
  series: Call<null, { stack: string; names: string[] }[]>;
  /** Decodes one frame of a file and makes it a case, unless it is one. */
  open: Call<{ path: string; file: Blob; index: number }, OpenedImage>;
  openPhantom: Call<{ options: PhantomOptions }, OpenedImage>;
  /** What was understood of all files, with the problems that were told while they were read and those left open. */
  understood: Call<{ problems: Problem[] }, Understood>;
  /** Forgets what was found in all cases. */
  clearFindings: Call<null, null>;
  /** Findings under the names that their classes count under. */
  named: Call<{ findings: Finding[] }, Finding[]>;
  /** Gives the findings back where their classes count under other names than the model's. */
  setFindings: Call<{ name: string; findings: Finding[] }, Finding[] | null>;
  truth: Call<{ name: string }, Truth | null>;
  findings: Call<{ name: string }, Finding[] | null>;
  evaluate: Call<
    { name: string | null; options: EvaluateOptions },
    { view: CaseView | null; evaluation: Evaluation }
  >;
  /** All findings as COCO results JSON. */
  predictions: Call<null, Blob>;
  evaluationCases: Call<null, { cases: EvaluationCase[]; data: Record<string, string> }>;
  report: Call<{ options: EvaluateOptions; context: ReportContext }, string>;
  /** The cases that there are, in the order in which they came. */
  cases: Call<null, CaseSummary[]>;
  /** The forms in which a set can be written, each with the reason where this one cannot. */
  forms: Call<null, WrittenForm[]>;
  /** A set in another form, as a zip, with what the form cannot hold. Its progress is a share of 1. */
  written: Call<{ form: string; ofFindings: boolean } & WrittenImages, { file: Blob; problems: Problem[] }>;
  /** All cases with their findings as a Groundglass bundle. Its progress is a share of 1. */
  bundle: Call<
    {
      withImages: boolean;
      /** JSON. */
      state: string;
      /** JSON that was made before, or what makes it; `null` for none. */
      report: string | { options: EvaluateOptions; context: ReportContext } | null;
    } & WrittenImages,
    Blob
  >;
  /** What a person had set when the bundle among the files was written, as JSON. */
  bundleState: Call<null, string | null>;
  /** The report that came with it, as JSON. */
  bundleReport: Call<null, string | null>;
  /** A box in pixels: left, top, right, bottom. */
  boxIn: Call<{ frame: string; numbers: number[]; width: number; height: number }, Float64Array>;
}

/** What the assessor can be asked: evaluations with every metric, intervals and comparisons. */
export interface AssessorCalls {
  start: Call<{ module: WebAssembly.Module }, null>;
  catalogue: Call<null, CatalogueEntry[]>;
  assess: Call<{ source: EvaluationSource; request: EvaluateRequest }, EvaluationOutcome>;
}

/** Whether WebGPU is worth downloading its module for. */
export interface AdapterReport {
  /** An adapter exists. */
  present: boolean;
  /** It computes in software, as slowly as the CPU module and less exactly. */
  software: boolean;
  /** Its own name, or why there is none. */
  description: string;
}

/** What the engine worker can be asked: one device, one model, images in, findings out. */
export interface EngineCalls {
  probe: Call<null, AdapterReport>;
  start: Call<
    { flavour: EngineModule; module: WebAssembly.Module; device: DeviceKind },
    { device: string; adapter: string }
  >;
  load: Call<{ name: string; bytes: Uint8Array }, ModelInfo>;
  run: Call<Samples, Finding[]>;
  /** What a model that is asked in words needs on this device; only its configuration is read. */
  needs: Call<{ files: ModelFile[] }, GrounderNeeds>;
  loadGrounder: Call<{ files: ModelFile[] }, ModelInfo>;
  /** Whether an image is still looked at under this key. */
  hasSeen: Call<{ key: string }, boolean>;
  look: Call<Samples & { key: string; options: AskOptions }, null>;
  /** Its progress tells the tokens so far. */
  ask: Call<{ key: string; question: number[]; options: AskOptions }, GeneratedAnswer>;
}

/** An image as the network is given it. */
export interface Samples {
  samples: Uint8Array | Uint16Array | Float32Array;
  width: number;
  height: number;
  channels: number;
}

/** What the words worker can be asked: prompts, answers and lists of knowledge. */
export interface WordsCalls {
  start: Call<
    { module: WebAssembly.Module; tokenizer: { tokenizer: Uint8Array; config: Uint8Array } | null },
    null
  >;
  menus: Call<null, { tasks: TaskEntry[]; styles: StyleEntry[]; example: KnowledgeEntry[] }>;
  readKnowledge: Call<NamedBytes, ReadKnowledge>;
  writeKnowledge: Call<{ entries: KnowledgeEntry[]; json: boolean }, string>;
  /** Takes the tokenizer of a model, in place of that before. */
  tokenizer: Call<{ tokenizer: Uint8Array; config: Uint8Array }, null>;
  questions: Call<{ wish: Partial<Wish> }, Questions>;
  read: Call<{ questions: Questions; place: number; generated: Generated; asked: Asked }, Told>;
  text: Call<{ tokens: number[] }, string>;
}

/** Page to worker. */
export type Request<Name extends string = string, Args = unknown> =
  | { type: 'call'; id: number; name: Name; args: Args }
  | { type: 'cancel'; id: number };

/** A line of the browser's record of requests. */
export interface RequestEntry {
  name: string;
  transferSize: number;
}

/** Worker to page. */
export type Reply =
  | { type: 'progress'; id: number; done: number; total: number; partial?: number[] | undefined }
  | { type: 'result'; id: number; value: unknown }
  | { type: 'error'; id: number; fault: FaultRecord }
  | { type: 'crash'; message: string }
  /** A request that the worker itself has made; there should be none. */
  | { type: 'request'; entry: RequestEntry };
