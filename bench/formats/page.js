/** Files are read in a worker, here as in the page: that is where a blob can be read by slices. */
const worker = new Worker('/worker.js', { type: 'module' });

globalThis.measure = (options) =>
  new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = (event) => reject(new Error(`${event.filename}:${event.lineno}: ${event.message}`));
    worker.postMessage(options);
  });
