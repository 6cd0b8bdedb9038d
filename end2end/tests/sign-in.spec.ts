// Who is let in: whoever sets the server up with the printed token, whoever signs in, and nobody without a cookie.
import { ADMIN, expect, openSignIn, test } from '../fixtures.ts';

test('a password signs in, and its cookie is kept from scripts and other sites', async ({ page, startServer }) => {
  const server = await startServer();
  await openSignIn(page, server);
  await expect(page.getByRole('button', { name: /new session/i }).first()).toBeVisible();
  const cookies = await page.context().cookies(server.origin);
  expect(cookies).toHaveLength(1);
  expect(cookies[0]).toMatchObject({ httpOnly: true, sameSite: 'Lax' });
});

test('a wrong password is told as one, and what was typed but it stays', async ({ faults, page, startServer }) => {
  faults.expect(/status of 401/);
  const server = await startServer();
  await page.goto(`${server.origin}/sign-in?next=/account`);
  await page.getByLabel('Email').fill(ADMIN.email);
  await page.getByLabel('Password').fill('not the password');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('alert')).toContainText('wrong');
  await expect(page.getByLabel('Email')).toHaveValue(ADMIN.email);
  await expect(page.getByLabel('Password')).toHaveValue('');
  await page.getByLabel('Password').fill(ADMIN.password);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/account$/);
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
