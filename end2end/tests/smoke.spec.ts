// The page comes up, for somebody signed in, without a word on its console.
import { expect, test } from '../fixtures.ts';
import { Dashboard } from '../pages/dashboard.ts';

test('the list of sessions is rendered on the server and comes to life in silence', async ({ page, signIn }) => {
  await signIn(page);
  await expect(page).toHaveTitle(/Berth/);
  await new Dashboard(page).ready();
  const loaded = await page.evaluate(() => performance.getEntriesByType('resource').map((entry) => entry.name));
  // The cards and, without any, the agents to begin with; nothing of terminals, files or settings.
  const parts = loaded.map((name) => /\/split_([a-z]+)[^/]*\.wasm$/.exec(name)?.[1]).filter((part) => part !== undefined);
  expect(parts).toContain('cards');
  expect(parts.filter((part) => !['cards', 'desk'].includes(part))).toEqual([]);
  // What the server drew is what is there without scripts.
  const html = await (await page.request.get('/', { headers: { accept: 'text/html' } })).text();
  expect(html).toContain('No sessions yet');
});

test('nothing is fetched from anybody else, and xterm.js only when a terminal opens', async ({ page, server, signIn }) => {
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  await signIn(page);
  await new Dashboard(page).ready();
  expect(asked.filter((url) => !url.startsWith(server.origin) && !url.startsWith('data:'))).toEqual([]);
  expect(asked.filter((url) => url.includes('/vendor/'))).toEqual([]);
});

test('the list of sessions has no accessibility violations', async ({ axe, page, signIn }) => {
  await signIn(page);
  await expect(page.getByRole('button', { name: /new session/i }).first()).toBeVisible();
  expect(await axe(page)).toEqual([]);
});

test('what the browser is sent is compressed, guarded and small', async ({ page, server, signIn }) => {
  await signIn(page);
  const response = await page.request.get(`${server.origin}/`, { headers: { accept: 'text/html' } });
  const policy = response.headers()['content-security-policy'] ?? '';
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).not.toMatch(/script-src[^;]*'unsafe-inline'/);
  expect(response.headers()['x-content-type-options']).toBe('nosniff');

  for (const file of ['/pkg/berth.wasm', '/pkg/berth.js', '/pkg/berth.css']) {
    const answer = await page.request.get(server.origin + file, { headers: { 'accept-encoding': 'br' } });
    expect(answer.status(), file).toBe(200);
    expect(answer.headers()['content-encoding'], file).toBe('br');
  }
});
