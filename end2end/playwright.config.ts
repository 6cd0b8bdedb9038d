// The browser tests of the real product: the release server, its page, real containers. `cargo xtask test --only
// browser` builds all that and says where it is; see support/server.ts.
import { defineConfig, devices } from '@playwright/test';

/** Root, who runs CI, can't have Chromium's sandbox; the rest keeps it from calling out. */
const CHROMIUM_ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-dev-shm-usage',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  // A name that isn't this machine's to the browser, so that pages under it have what plain HTTP gives them.
  '--host-resolver-rules=MAP berth.test 127.0.0.1',
];

const SECOND = 1000;

export default defineConfig({
  testDir: './tests',
  outputDir: './results/files',
  reporter: [['list'], ['json', { outputFile: './results/report.json' }]],
  // Each worker has a server and containers of its own, and CI has two cores.
  workers: 2,
  fullyParallel: false,
  // A test that passes the second time has found something: it is named as flaky, and xtask lets two be.
  retries: process.env.CI ? 1 : 0,
  forbidOnly: true,
  timeout: 60 * SECOND,
  expect: { timeout: 10 * SECOND },
  use: {
    actionTimeout: 10 * SECOND,
    navigationTimeout: 20 * SECOND,
    screenshot: 'only-on-failure',
    trace: 'retain-on-failure',
    launchOptions: { executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: CHROMIUM_ARGS },
  },
  // A test that has a meaning on one of them only says so by its tag: `test('…', { tag: '@desktop' }, …)`.
  projects: [
    { name: 'desktop', grepInvert: /@phone/, use: { viewport: { width: 1280, height: 800 } } },
    { name: 'phone', grepInvert: /@desktop/, use: { ...devices['Pixel 7'] } },
  ],
});
