import { existsSync } from 'node:fs';
import { defineConfig } from '@playwright/test';

/** The Chromium to drive: the one named by `CHROMIUM_PATH`, the system's, or Playwright's own. */
const executablePath = [
  process.env.CHROMIUM_PATH,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((path) => path !== undefined && existsSync(path));

const quiet = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

// WebGPU computed on the CPU: as slow as can be, and right.
const softwareGpu = [
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--enable-features=Vulkan',
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
];

const launch = (args: string[]) => ({ ...(executablePath && { executablePath }), args });

export default defineConfig({
  testDir: 'tests/e2e',
  outputDir: 'test-results',
  // One page computes as much as two cores can give.
  workers: 1,
  fullyParallel: false,
  forbidOnly: process.env.CI !== undefined,
  retries: 0,
  timeout: 120_000,
  expect: { timeout: 15_000 },
  reporter: 'list',
  use: {
    viewport: { width: 1280, height: 800 },
    trace: 'retain-on-failure',
    screenshot: 'only-on-failure',
  },
  projects: [
    { name: 'cpu', testIgnore: '**/gpu*.spec.ts', use: { launchOptions: launch(quiet) } },
    { name: 'gpu', testMatch: '**/gpu*.spec.ts', use: { launchOptions: launch([...quiet, ...softwareGpu]) } },
  ],
});
