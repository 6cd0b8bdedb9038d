// The benchmarks of the page, which `cargo xtask bench --browser` runs: one at a time, each with a page of its own.
import { defineConfig } from '@playwright/test';

import tests from '../playwright.config.ts';

const SECOND = 1000;

export default defineConfig({
  ...tests,
  testDir: '.',
  testMatch: '*.bench.ts',
  outputDir: '../results/bench',
  reporter: [['list']],
  workers: 1,
  timeout: 180 * SECOND,
  // Their writing would be measured, too.
  use: { ...tests.use, screenshot: 'off', trace: 'off', viewport: { width: 1280, height: 800 } },
  projects: [{ name: 'bench' }],
});
