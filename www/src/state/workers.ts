/** Starts the workers. Their code is part of the page's own script, so starting one asks the network for nothing. */
import { WorkerClient } from '../worker/client';
import DeskWorker from '../worker/desk.worker?worker&inline';
import EngineWorker from '../worker/engine.worker?worker&inline';
import type { DeskCalls, EngineCalls, RequestEntry } from '../worker/messages';

type OnRequest = (entry: RequestEntry) => void;

export const deskWorker = (onRequest: OnRequest): WorkerClient<DeskCalls> =>
  new WorkerClient(() => new DeskWorker({ name: 'desk' }), onRequest);

export const engineWorker = (onRequest: OnRequest): WorkerClient<EngineCalls> =>
  new WorkerClient(() => new EngineWorker({ name: 'engine' }), onRequest);

/** A desk for files of predictions, apart from the one with the open set: to end it costs nothing, so it ends at once. */
export const assessorWorker = (onRequest: OnRequest): WorkerClient<DeskCalls> =>
  new WorkerClient(() => new DeskWorker({ name: 'assessor' }), onRequest, 300);
