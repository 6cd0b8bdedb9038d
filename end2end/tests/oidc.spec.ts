// Signing in with a real OpenID Connect provider, which the wizard was told of. Nobody here has scripts: everything is links
// and forms.
import { type Page } from '@playwright/test';

import { ADMIN, expect, test } from '../fixtures.ts';
import { stranger } from '../support/people.ts';
import { CLIENT, Provider } from '../support/provider.ts';

/** Signs in on the provider's own pages, from Berth's. */
async function signInAtProvider(page: Page, email: string): Promise<void> {
  await page.getByRole('link', { name: 'Sign in with Test ID' }).click();
  await page.locator('input[name=login]').fill(email);
  await page.locator('input[name=password]').fill('any');
  await page.locator('button[type=submit]').click();
  await page.locator('button[type=submit]').click();
}

test('a provider is set up in the wizard, and its people come in by invitation and by domain', async ({
  browser,
  startServer,
}) => {
  // Eight people, each with pages of two servers.
  test.slow();
  const server = await startServer(undefined, true);
  const provider = await Provider.start(`${server.origin}/sign-in/callback`);
  const admin = await stranger(browser, false);
  await admin.goto(server.printed);
  const next = admin.getByRole('button', { name: 'Next' });
  await next.click();
  await admin.getByLabel('Email').fill(ADMIN.email);
  await admin.getByLabel('Password', { exact: false }).first().fill(ADMIN.password);
  await admin.getByLabel('Password, again').fill(ADMIN.password);
  await next.click();
  await admin.getByLabel('OpenID Connect').check();
  await expect(admin.locator('.redirect')).toHaveText(`${server.origin}/sign-in/callback`);
  const oidc = admin.locator('.of-oidc').first();
  await oidc.getByLabel('Issuer').fill(`${provider.issuer}/nobody`);
  await oidc.getByLabel('Client ID').fill(CLIENT.id);
  await oidc.getByLabel('Client secret').fill(CLIENT.secret);
  await oidc.getByLabel('What the sign-in page calls it').fill('Test ID');
  await admin.getByLabel('Let people use passwords too').check();
  await next.click();
  await expect(admin.locator('[data-for=oidc_issuer]')).toContainText('the provider does not describe itself');
  await oidc.getByLabel('Issuer').fill(provider.issuer);
  await next.click();
  await next.click();
  await admin.getByLabel('People who need no invitation').fill('@example.net');
  await admin.getByRole('button', { name: 'Set up' }).click();
  await expect(admin.getByRole('heading', { name: 'Berth is set up' })).toBeVisible();

  // By domain, back to where they were going.
  const bob = await stranger(browser, false);
  await bob.goto(`${server.origin}/account`);
  await signInAtProvider(bob, 'Bob@Example.net');
  await expect(bob).toHaveURL(`${server.origin}/account`);
  await expect(bob.getByText('bob@example.net')).toBeVisible();
  await bob.getByRole('button', { name: 'Sign out' }).click();
  await expect(bob).toHaveURL(/\/sign-in/);

  // A stranger, an address that nobody verified, and a person who would rather not.
  const eve = await stranger(browser, false);
  await eve.goto(server.origin);
  await signInAtProvider(eve, 'eve@example.org');
  await expect(eve.getByRole('heading', { name: 'You can’t come in' }).or(eve.getByText("You can't come in"))).toBeVisible();
  const mallory = await stranger(browser, false);
  await mallory.goto(server.origin);
  await signInAtProvider(mallory, 'unverified@example.net');
  await expect(mallory.getByRole('alert')).toContainText('does not say that unverified@example.net is yours');
  const shy = await stranger(browser, false);
  await shy.goto(server.origin);
  await shy.getByRole('link', { name: 'Sign in with Test ID' }).click();
  await shy.getByRole('link', { name: /cancel/i }).click();
  await expect(shy.getByRole('alert')).toContainText('Test ID did not sign you in');

  // By invitation, which makes a pending account active without a password.
  await admin.goto(`${server.origin}/admin`);
  await admin.getByLabel('Email').fill('ada@example.org');
  await admin.getByRole('button', { name: 'Invite' }).click();
  const ada = await stranger(browser, false);
  await ada.goto(server.origin);
  await signInAtProvider(ada, 'ada@example.org');
  await expect(ada).toHaveURL(`${server.origin}/`);
  const row = admin.getByRole('listitem').filter({ hasText: 'ada@example.org' });
  await admin.reload();
  await admin.goto(`${server.origin}/admin`);
  await expect(row).toContainText('active');
  await row.getByText('Change').click();
  await row.getByRole('button', { name: 'Block' }).click();
  await ada.goto(`${server.origin}/account`);
  await expect(ada).toHaveURL(/\/sign-in/);
  await signInAtProvider(ada, 'ada@example.org').catch(() => undefined);
  await expect(ada.getByText('This account is blocked')).toBeVisible();

  // An answer that this browser did not ask for, one with another state, and one that was given already.
  const callback = `${server.origin}/sign-in/callback`;
  expect((await eve.goto(`${callback}?code=x&state=y`))?.status()).toBe(401);
  const dan = await stranger(browser, false);
  const answers: string[] = [];
  dan.on('request', (request) => {
    if (request.url().startsWith(callback)) answers.push(request.url());
  });
  await dan.goto(`${server.origin}/sign-in?next=//evil.example`);
  await dan.getByRole('link', { name: 'Sign in with Test ID' }).click();
  expect((await dan.goto(`${callback}?code=x&state=y`))?.status(), 'another state').toBe(401);
  await signInAtProvider(dan, 'dan@example.net');
  await expect(dan).toHaveURL(`${server.origin}/`);
  expect(answers).toHaveLength(2);
  expect((await dan.goto(answers[1]!))?.status(), 'the same answer again').toBe(401);
  await dan.context().close();
  await provider.stop();
  const away = await stranger(browser, false);
  await away.goto(server.origin);
  await expect(away.getByLabel('Password'), 'passwords go on').toBeVisible();
  for (const page of [admin, bob, eve, mallory, shy, ada, away]) await page.context().close();
});
