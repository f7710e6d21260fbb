/** Files are read in a worker, here as in the page: that is where a blob can be read by slices. */
import { alternating } from '/alternating.js';
import { byCornerstone } from '/cornerstone/cornerstone.js';
import { stack } from '/inputs.js';

const worker = new Worker('/worker.js', { type: 'module' });

function ask(message) {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = (event) => reject(new Error(`${event.filename}:${event.lineno}: ${event.message}`));
    worker.postMessage(message);
  });
}

globalThis.measure = async (options) => {
  const { slices, side, rounds } = options;
  const files = stack(slices, side);
  // Cornerstone's loader needs a page, and decodes in workers of its own.
  const name = `${slices} CT slices of ${side} x ${side}, against cornerstone's loader`;
  const beside = await alternating({ [name]: [() => ask({ files }), () => byCornerstone(files)] }, rounds);
  return { ...(await ask(options)), ...beside };
};
