/** Starts the workers. Their code is part of the page's own script, so starting one asks the network for nothing. */

import AssessorWorker from '../worker/assessor.worker?worker&inline';
import { WorkerClient } from '../worker/client';
import DeskWorker from '../worker/desk.worker?worker&inline';
import EngineWorker from '../worker/engine.worker?worker&inline';
import type { AssessorCalls, DeskCalls, EngineCalls, RequestEntry, WordsCalls } from '../worker/messages';
import WordsWorker from '../worker/words.worker?worker&inline';

type OnRequest = (entry: RequestEntry) => void;

export const deskWorker = (onRequest: OnRequest): WorkerClient<DeskCalls> =>
  new WorkerClient(() => new DeskWorker({ name: 'desk' }), onRequest);

export const engineWorker = (onRequest: OnRequest): WorkerClient<EngineCalls> =>
  new WorkerClient(() => new EngineWorker({ name: 'engine' }), onRequest);

/** Nothing is lost with it, so a cancelled evaluation that does not answer ends it at once. */
export const assessorWorker = (onRequest: OnRequest): WorkerClient<AssessorCalls> =>
  new WorkerClient(() => new AssessorWorker({ name: 'assessor' }), onRequest, 300);

export const wordsWorker = (onRequest: OnRequest): WorkerClient<WordsCalls> =>
  new WorkerClient(() => new WordsWorker({ name: 'words' }), onRequest);
