import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

const root = fileURLToPath(new URL('.', import.meta.url));
const pkg = join(root, 'pkg');

/** Size in bytes of each built WebAssembly module, so that a download served compressed still has a known total. */
function wasmSizes(): Record<string, number> {
  const sizes: Record<string, number> = {};
  for (const module of existsSync(pkg) ? readdirSync(pkg) : []) {
    const file = join(pkg, module, `groundglass_${module}_bg.wasm`);
    if (existsSync(file)) sizes[module] = statSync(file).size;
  }
  return sizes;
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesUnder(path) : [path];
  });
}

/** `assets.json`: every file that the site serves, so that a request for anything else can be told apart. */
function assetList(): Plugin {
  let folder = '';
  return {
    name: 'groundglass-asset-list',
    apply: 'build',
    configResolved(config) {
      folder = join(config.root, config.build.outDir);
    },
    closeBundle() {
      const paths = filesUnder(folder).map((path) => relative(folder, path).split(sep).join('/'));
      const list = [...new Set([...paths, 'assets.json'])].filter((path) => !path.endsWith('.br')).sort();
      writeFileSync(join(folder, 'assets.json'), `${JSON.stringify(list, null, 1)}\n`);
    },
  };
}

/** Where the site's owner has said that models are to be had: the page's policy allows these origins and no others. */
function policyOfModels(): Plugin {
  return {
    name: 'groundglass-policy-of-models',
    apply: 'build',
    transformIndexHtml(html) {
      const index = join(root, 'www/public/models/index.json');
      const models: { address?: string }[] = existsSync(index) ? JSON.parse(readFileSync(index, 'utf8')) : [];
      const foreign = models.flatMap(({ address = '' }) =>
        address.startsWith('https://') ? [new URL(address).origin] : [],
      );
      return html.replace("connect-src 'self'", ["connect-src 'self'", ...new Set(foreign)].join(' '));
    },
  };
}

/** The development server injects styles and its own socket, which the page's policy forbids. */
function policyOnlyInBuild(): Plugin {
  return {
    name: 'groundglass-policy-only-in-build',
    apply: 'serve',
    transformIndexHtml: (html) => html.replace(/<meta\s+http-equiv="Content-Security-Policy"[^>]*>/, ''),
  };
}

export default defineConfig({
  root: join(root, 'www'),
  base: './',
  plugins: [svelte({ configFile: false }), assetList(), policyOfModels(), policyOnlyInBuild()],
  resolve: { alias: { '#pkg': pkg } },
  define: { __WASM_BYTES__: JSON.stringify(wasmSizes()) },
  server: { fs: { allow: [root] } },
  worker: { format: 'es' },
  build: {
    outDir: '../dist',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1024,
  },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
});
