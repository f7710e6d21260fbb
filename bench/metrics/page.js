/** Evaluations are made in a worker, here as in the page. */
const worker = new Worker('/worker.js', { type: 'module' });

globalThis.measure = (part) =>
  new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = (event) => reject(new Error(`${event.filename}:${event.lineno}: ${event.message}`));
    worker.postMessage(part);
  });
