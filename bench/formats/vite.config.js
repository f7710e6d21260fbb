/** Cornerstone's loader and its workers, as a page would get them. */
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

export default defineConfig({
  root: dirname(fileURLToPath(import.meta.url)),
  base: '/cornerstone/',
  logLevel: 'error',
  resolve: { alias: { events: fileURLToPath(new URL('events.js', import.meta.url)) } },
  worker: { format: 'es' },
  build: {
    outDir: 'node_modules/.cornerstone',
    emptyOutDir: true,
    target: 'esnext',
    lib: { entry: 'cornerstone.js', formats: ['es'], fileName: () => 'cornerstone.js' },
  },
});
