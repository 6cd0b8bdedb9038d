// Setting up, inviting, tokens and the audit log: forms that work without scripts, as people use them.
import { type Page } from '@playwright/test';

import { ADMIN, expect, openSignIn, test } from '../fixtures.ts';
import { look } from '../support/look.ts';
import { stranger } from '../support/people.ts';

const PASSWORD = 'a few words of my own';

test('a new server is set up by the printed link, once', async ({ axe, browser, faults, page, startServer }) => {
  // Each of six pages is looked at in dark and light.
  test.slow();
  faults.expect(/status of 4(01|22)/);
  const server = await startServer(undefined, true);
  expect(server.printed).toMatch(/\/setup\?token=[0-9a-f]{64}$/);
  await page.goto(server.origin);
  await expect(page, 'without the link the page asks for the token').toHaveURL(/\/setup$/);
  await page.goto(server.printed);
  await look(page, 'setup-1', axe);
  const next = page.getByRole('button', { name: 'Next' });
  await next.click();
  await page.getByLabel('Email').fill(ADMIN.email);
  await page.getByLabel('Password', { exact: false }).first().fill('password1234');
  await expect(page.locator('.strength'), 'while it is typed').toContainText('easy to guess', { ignoreCase: true });
  await page.getByLabel('Password', { exact: false }).first().fill(ADMIN.password);
  await page.getByLabel('Password, again').fill(`${ADMIN.password}!`);
  await expect(page.locator('[data-for=again]'), 'before anything is sent').toContainText('not the same');
  await next.click();
  await expect(page.locator('[data-for=again]')).toContainText('not the same');
  await expect(page.getByLabel('Email'), 'what was typed is not lost').toHaveValue(ADMIN.email);
  await page.getByLabel('Password', { exact: false }).first().fill(ADMIN.password);
  await page.getByLabel('Password, again').fill(ADMIN.password);
  await look(page, 'setup-2', axe);
  await next.click();
  await expect(page.getByRole('heading', { name: 'How people sign in' })).toBeVisible();
  await expect(page.getByLabel('Issuer').first()).toBeHidden();
  await page.getByLabel('OpenID Connect').check();
  await expect(page.getByLabel('Issuer').first()).toBeVisible();
  await look(page, 'setup-3', axe);
  await page.getByRole('button', { name: 'Back' }).click();
  await expect(page.getByLabel('Email'), 'the way back loses nothing').toHaveValue(ADMIN.email);
  await next.click();
  await expect(page.getByLabel('OpenID Connect')).toBeChecked();
  await page.getByLabel('Passwords', { exact: false }).first().check();
  await next.click();
  await expect(page.getByText('Files can be written, read and removed')).toBeVisible();
  await look(page, 'setup-4', axe);
  await next.click();
  await expect(page.getByLabel('Address', { exact: false }).first()).toHaveValue(server.origin);
  await look(page, 'setup-5', axe);
  await page.getByRole('button', { name: 'Set up' }).click();
  await expect(page.getByRole('heading', { name: 'Berth is set up' })).toBeVisible();
  await look(page, 'setup-done', axe);
  await page.getByRole('link', { name: 'Go to the sessions' }).click();
  await expect(page.getByRole('button', { name: /new session/i }).first()).toBeVisible();

  const other = await stranger(browser);
  await other.goto(server.printed);
  await expect(other).toHaveURL(/\/sign-in\?next=\/setup$/);
  await other.context().close();
});

test('somebody is invited, comes in, and is blocked, with scripts off all the way', async ({ axe, browser, startServer }) => {
  const server = await startServer();
  const admin = await stranger(browser, false);
  await openSignIn(admin, server);
  await admin.goto(`${server.origin}/admin`);
  await admin.getByLabel('Email').fill('Ada@Example.org');
  await admin.getByRole('button', { name: 'Invite' }).click();
  const link = (await admin.locator('.secret').textContent())!.trim();
  expect(link).toMatch(new RegExp(`^${server.origin}/welcome\\?token=`));

  const ada = await stranger(browser, false);
  await ada.goto(link);
  await expect(ada.getByText('ada@example.org')).toBeVisible();
  await ada.getByLabel('Password', { exact: false }).first().fill(PASSWORD);
  await ada.getByLabel('Password, again').fill(PASSWORD);
  await ada.getByRole('button', { name: 'Choose and sign in' }).click();
  await expect(ada).toHaveURL(`${server.origin}/`);
  expect((await ada.goto(`${server.origin}/admin`))?.status()).toBe(403);
  expect((await ada.goto(`${server.origin}/account`))?.status()).toBe(200);

  const row = admin.getByRole('listitem').filter({ hasText: 'ada@example.org' });
  await row.getByText('Change').click();
  await row.getByRole('button', { name: 'Block' }).click();
  await expect(admin.getByRole('status')).toContainText('ada@example.org is blocked');
  await ada.goto(`${server.origin}/account`);
  await expect(ada, 'out at once').toHaveURL(/\/sign-in/);
  await admin.context().close();
  await ada.context().close();

  const page = await stranger(browser);
  await openSignIn(page, server);
  for (const [path, name] of [['/admin', 'people'], ['/admin/audit', 'audit']]) {
    await page.goto(`${server.origin}${path}`);
    await look(page, name, axe);
  }
  await expect(page.getByRole('row').filter({ hasText: 'person.blocked' })).toContainText(ADMIN.email);
  await page.context().close();
});

test('a person makes a token, uses it, revokes it, and changes their password', async ({ axe, browser, page, playwright, startServer }) => {
  const server = await startServer();
  await openSignIn(page, server);
  const other = await stranger(browser);
  await openSignIn(other, server);

  await page.getByRole('link', { name: 'Account' }).click();
  await expect(page).toHaveURL(/\/account$/);
  await page.getByLabel('Name').fill('ci');
  await page.getByRole('button', { name: 'Make token' }).click();
  const secret = (await page.locator('.secret').textContent())!.trim();
  await look(page, 'account', axe);
  const program = await playwright.request.newContext({
    baseURL: server.origin,
    extraHTTPHeaders: { authorization: `Bearer ${secret}` },
  });
  expect((await program.get('/api/sessions')).status()).toBe(200);
  expect((await program.post('/api/sessions', { data: {} })).status()).toBe(403);
  await page.getByRole('button', { name: 'Revoke ci' }).click();
  await expect(page.getByRole('status')).toContainText('revoked');
  expect((await program.get('/api/sessions')).status()).toBe(401);
  await program.dispose();

  await page.getByLabel('Present password').fill(ADMIN.password);
  await page.getByLabel('New password', { exact: false }).first().fill(PASSWORD);
  await page.getByLabel('New password, again').fill(PASSWORD);
  await page.getByRole('button', { name: 'Change password' }).click();
  await expect(page.getByRole('status')).toContainText('password is changed');
  await other.goto(`${server.origin}/account`);
  await expect(other, 'the other browser is out').toHaveURL(/\/sign-in/);
  await openSignIn(other, server, { ...ADMIN, password: PASSWORD });
  // What tidies up after the test signs in as everybody does.
  const back = { headers: { origin: server.origin }, data: { current: PASSWORD, new: ADMIN.password } };
  expect((await page.request.post(`${server.origin}/api/user/password`, back)).status()).toBe(204);
  await other.context().close();
  await page.getByRole('button', { name: 'Sign out', exact: true }).first().click();
  await expect(page).toHaveURL(/\/sign-in$/);
  await look(page, 'sign-in', axe);
});

test('an open terminal ends when its browser is signed out elsewhere', async ({ browser, page, startServer }) => {
  const server = await startServer();
  await openSignIn(page, server);
  await page.getByRole('button', { name: /new session/i }).first().click();
  await expect(page.locator('.chip')).toHaveText('connected', { timeout: 20_000 });
  const other = await stranger(browser);
  await openSignIn(other, server);
  await other.goto(`${server.origin}/account`);
  await other.getByRole('button', { name: 'Sign out all others' }).click();
  await expect(other.getByRole('status')).toContainText('signed out');
  await expect(page, 'the page says so itself').toHaveURL(/\/sign-in/, { timeout: 5000 });
  await other.context().close();
});
