import type { FaultRecord } from './messages';

/** Something that went wrong in a way that the user is told about, in one full sentence. */
export class Fault extends Error {
  readonly kind: string;
  readonly file: string | undefined;
  readonly place: string | undefined;

  constructor(record: FaultRecord) {
    super(record.message);
    this.name = 'Fault';
    this.kind = record.kind;
    this.file = record.file;
    this.place = record.place;
  }

  get cancelled(): boolean {
    return this.kind === 'cancelled';
  }

  get crashed(): boolean {
    return this.kind === 'crash';
  }
}

function text(value: unknown, key: string): string | undefined {
  const field = typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
  return typeof field === 'string' ? field : undefined;
}

/** Reads whatever was thrown, by WebAssembly or by the platform, as a record that can be sent. */
export function faultRecord(thrown: unknown): FaultRecord {
  if (thrown instanceof DOMException && thrown.name === 'AbortError') {
    return { kind: 'cancelled', message: 'Cancelled.' };
  }
  const message = text(thrown, 'message') ?? String(thrown);
  const kind = text(thrown, 'kind') ?? 'internal';
  return { kind, message, file: text(thrown, 'file'), place: text(thrown, 'place') };
}

/** The same, to be thrown on. */
export function asFault(thrown: unknown): Fault {
  return thrown instanceof Fault ? thrown : new Fault(faultRecord(thrown));
}
