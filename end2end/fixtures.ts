// What every browser test builds on: a server for each worker, a page that is signed in to it, and the rule that
// a page says nothing on its console.
//
//   import { expect, test } from '../fixtures.ts';
//   test('…', async ({ signIn, page }) => { await signIn(page); … });
import { AxeBuilder } from '@axe-core/playwright';
import { test as base, type APIRequestContext, type BrowserContext, type Page } from '@playwright/test';

import { Faults } from './support/faults.ts';
import { ADMIN, Server } from './support/server.ts';

export { expect } from '@playwright/test';
export { ADMIN, Server } from './support/server.ts';

/** How long the sign-in may take, script and all. */
const SIGN_IN_LIMIT_MS = 20_000;

/** axe's names for the rules of WCAG 2.2, levels A and AA. */
const WCAG_2_2_AA = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

type Cookies = Awaited<ReturnType<BrowserContext['cookies']>>;

interface TestFixtures {
  /** What the pages of this test complain of. */
  faults: Faults;
  /** Signs a page in to the worker's server and opens the list of sessions. */
  signIn: (page: Page) => Promise<void>;
  /** The REST API, signed in, with the server's own Origin. */
  api: APIRequestContext;
  /** Starts a server that belongs to this test alone; with a directory, on what another one left. */
  startServer: (dataDir?: string, isBare?: boolean) => Promise<Server>;
  /** Violations of WCAG 2.2 AA on a page, as axe finds them. */
  axe: (page: Page) => Promise<string[]>;
}

interface WorkerFixtures {
  /** The worker's server. Its sessions are deleted and its files removed at the end. */
  server: Server;
  /** The cookies of somebody signed in to it. */
  signedIn: Cookies;
}

export const test = base.extend<TestFixtures, WorkerFixtures>({
  server: [
    async ({}, use) => {
      const server = await Server.start();
      await use(server);
      await server.remove();
    },
    { scope: 'worker', timeout: 60_000 },
  ],

  signedIn: [
    async ({ browser, playwright, server }, use) => {
      const context = await browser.newContext();
      await openSignIn(await context.newPage(), server);
      const cookies = await context.cookies();
      await context.close();
      await use(cookies);
      const api = await signedInApi(playwright, server, cookies);
      await deleteSessions(api);
      await api.dispose();
    },
    { scope: 'worker', timeout: 120_000 },
  ],

  baseURL: async ({ server }, use) => use(server.origin),

  faults: [
    async ({ context, server }, use, info) => {
      const faults = new Faults(context);
      await use(faults);
      // The test's own failure says more than what followed from it, and the server's log of its cause.
      if (info.status === info.expectedStatus) base.expect(faults.unexpected(), 'what pages complained of').toEqual([]);
      else await info.attach('the server’s log', { body: server.lastLines(), contentType: 'text/plain' });
    },
    { auto: true },
  ],

  signIn: async ({ signedIn }, use) => {
    await use(async (page) => {
      await page.context().addCookies(signedIn);
      await page.goto('/');
    });
  },

  api: async ({ playwright, server, signedIn }, use) => {
    const api = await signedInApi(playwright, server, signedIn);
    await use(api);
    await api.dispose();
  },

  startServer: async ({ browser, context, playwright }, use) => {
    const started: Server[] = [];
    await use(async (dataDir, isBare) => {
      const server = await Server.start(dataDir, isBare);
      started.push(server);
      return server;
    });
    // What an open page says of its server going away is no fault of the page's.
    for (const page of context.pages()) await page.close();
    const directories = new Set(started.map((server) => server.dataDir));
    for (const server of started) await server.stop();
    for (const directory of directories) {
      // Whatever the test left running goes with a server that somebody can sign in to.
      const last = await Server.start(directory);
      const context = await browser.newContext();
      await openSignIn(await context.newPage(), last);
      const api = await signedInApi(playwright, last, await context.cookies());
      await context.close();
      await deleteSessions(api);
      await api.dispose();
      await last.remove();
    }
  },

  axe: async ({}, use) => {
    await use(async (page) => {
      const { violations } = await new AxeBuilder({ page }).withTags(WCAG_2_2_AA).analyze();
      return violations.map(({ id, help, nodes }) => [`${id}: ${help}`, ...nodes.map(({ html }) => html)].join('\n  '));
    });
  },
});

/** Opens the server, signs in on the page that it leads to, and waits until that has led elsewhere. */
export async function openSignIn(page: Page, server: Server, as = ADMIN): Promise<void> {
  await page.goto(`${server.origin}/sign-in`);
  await page.getByLabel('Email').fill(as.email);
  await page.getByLabel('Password').fill(as.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL((url) => url.pathname !== '/sign-in', { timeout: SIGN_IN_LIMIT_MS });
}

async function signedInApi(
  playwright: { request: { newContext(options: object): Promise<APIRequestContext> } },
  server: Server,
  cookies: Cookies,
): Promise<APIRequestContext> {
  return playwright.request.newContext({
    baseURL: server.origin,
    extraHTTPHeaders: { origin: server.origin },
    storageState: { cookies, origins: [] },
  });
}

async function deleteSessions(api: APIRequestContext): Promise<void> {
  const listed = await api.get('/api/sessions');
  if (!listed.ok()) throw new Error(`can't list the sessions to delete: ${listed.status()} ${await listed.text()}`);
  const sessions: { id: string }[] = await listed.json();
  for (const { id } of sessions) {
    const deleted = await api.delete(`/api/sessions/${id}`);
    if (!deleted.ok()) throw new Error(`can't delete the session ${id}: ${deleted.status()} ${await deleted.text()}`);
  }
}
