// Who is let in: the printed token, once, and nobody without a cookie.
import { expect, openSignIn, test } from '../fixtures.ts';

test('the printed address signs in, and its cookie is kept from scripts and other sites', async ({ page, startServer }) => {
  const server = await startServer();
  await openSignIn(page, server);
  await expect(page.getByRole('button', { name: /new session/i }).first()).toBeVisible();
  expect(page.url(), 'the token does not stay in the address').not.toContain('token');
  const cookies = await page.context().cookies(server.origin);
  expect(cookies).toHaveLength(1);
  expect(cookies[0]).toMatchObject({ httpOnly: true, sameSite: 'Lax' });
});

test('the token signs in once and never again', async ({ browser, faults, page, startServer }) => {
  faults.expect(/status of 40[013]/);
  const server = await startServer();
  await openSignIn(page, server);

  const stranger = await browser.newContext();
  const other = await stranger.newPage();
  await other.goto(server.signInUrl);
  const button = other.getByRole('button', { name: /sign in/i });
  if (await button.isVisible()) await button.click();
  await expect(other.getByRole('alert')).toBeVisible();
  expect(await stranger.cookies()).toEqual([]);
  expect((await stranger.request.get(`${server.origin}/api/sessions`)).status()).toBe(401);
  await stranger.close();
});

test('without a cookie every page leads to sign-in', async ({ page }) => {
  for (const path of ['/', '/sessions/abcdefghijkl', '/no-such-page']) {
    await page.goto(path);
    await expect(page, path).toHaveURL(/\/sign-in/);
  }
});

test('without a cookie the API and its sockets answer nobody, and health answers all', async ({ playwright, server }) => {
  const stranger = await playwright.request.newContext({
    baseURL: server.origin,
    extraHTTPHeaders: { origin: server.origin },
  });
  for (const path of ['/api/sessions', '/api/sessions/abcdefghijkl', '/api/sessions/events', '/api/no-such-thing']) {
    const answer = await stranger.get(path);
    expect(answer.status(), path).toBe(401);
    expect(await answer.json(), path).toMatchObject({ code: 'AUTH_ERROR' });
  }
  expect((await stranger.post('/api/sessions', { data: {} })).status()).toBe(401);
  expect((await stranger.get('/health')).status()).toBe(200);
  await stranger.dispose();
});

test('a foreign, null or missing Origin can write nothing, cookie or not', async ({ playwright, server, signedIn }) => {
  for (const origin of ['https://evil.example', 'null', undefined]) {
    const foreign = await playwright.request.newContext({
      baseURL: server.origin,
      extraHTTPHeaders: origin === undefined ? {} : { origin },
      storageState: { cookies: signedIn, origins: [] },
    });
    const answer = await foreign.post('/api/sessions', { data: { name: 'theirs' } });
    expect(answer.status(), String(origin)).toBe(403);
    const sessions: { name: string }[] = await (await foreign.get('/api/sessions')).json();
    expect(sessions.filter(({ name }) => name === 'theirs')).toEqual([]);
    await foreign.dispose();
  }
});
