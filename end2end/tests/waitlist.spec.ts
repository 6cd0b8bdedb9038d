// A stranger asks to be let in, an administrator approves, and the stranger comes in, with scripts off all the way;
// and how that looks.
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type Browser, type Page } from '@playwright/test';

import { expect, openSignIn, test, type Server } from '../fixtures.ts';
import { look } from '../support/look.ts';

const PASSWORD = 'a few words of my own';

/** A page of another person's, on a screen like this project's, without scripts of the page's own. */
async function stranger(browser: Browser): Promise<Page> {
  const { viewport, isMobile, hasTouch, deviceScaleFactor, userAgent } = test.info().project.use;
  const context = await browser.newContext({
    javaScriptEnabled: false,
    viewport,
    isMobile,
    hasTouch,
    deviceScaleFactor,
    userAgent,
  });
  return context.newPage();
}

/** A server at whose door strangers may ask. */
async function openServer(startServer: (dataDir?: string) => Promise<Server>): Promise<Server> {
  const directory = await mkdtemp(join(tmpdir(), 'berth-e2e-'));
  await writeFile(join(directory, 'berth.toml'), '[waitlist]\nopen = true\n');
  return startServer(directory);
}

test('a stranger asks, an administrator approves, and the stranger comes in', async ({ browser, startServer }) => {
  const server = await openServer(startServer);
  const ada = await stranger(browser);
  await ada.goto(server.origin);
  await expect(ada, 'not sent to sign in').toHaveURL(`${server.origin}/`);
  await ada.getByLabel('Email').fill('Ada@Example.org');
  await ada.getByRole('button', { name: 'Ask' }).click();
  await expect(ada.getByRole('status')).toContainText('You are on the list');

  const admin = await stranger(browser);
  await admin.goto(server.origin);
  await admin.getByRole('link', { name: 'Sign in' }).click();
  await expect(admin).toHaveURL(/\/sign-in$/);
  await openSignIn(admin, server);
  await admin.goto(`${server.origin}/admin`);
  await admin.getByRole('button', { name: 'Approve ada@example.org' }).click();
  const link = (await admin.locator('.secret').textContent())!.trim();
  expect(link).toMatch(new RegExp(`^${server.origin}/welcome\\?token=`));
  await expect(admin.getByRole('button', { name: 'Approve ada@example.org' })).toHaveCount(0);

  await ada.goto(link);
  await ada.getByLabel('Password', { exact: false }).first().fill(PASSWORD);
  await ada.getByLabel('Password, again').fill(PASSWORD);
  await ada.getByRole('button', { name: 'Choose and sign in' }).click();
  await expect(ada).toHaveURL(`${server.origin}/`);
  await expect(ada.getByRole('button', { name: 'Ask' }), 'no stranger any more').toHaveCount(0);
  expect((await ada.goto(`${server.origin}/account`))?.status()).toBe(200);
  await ada.context().close();
  await admin.context().close();
});

test('what a stranger and an administrator see of it can be read and used by everybody', async ({ axe, faults, page, startServer }) => {
  faults.expect(/status of 422/);
  const server = await openServer(startServer);
  await page.goto(server.origin);
  await look(page, 'landing', axe);
  await page.getByLabel('Email').fill('nonsense@');
  await page.getByRole('button', { name: 'Ask' }).click();
  await expect(page, 'the browser itself refuses what is no address').toHaveURL(`${server.origin}/`);
  await page.getByLabel('Email').fill('o..neil@example.org');
  await page.getByRole('button', { name: 'Ask' }).click();
  await expect(page.getByRole('alert')).toContainText('email');
  await expect(page.getByLabel('Email'), 'what was typed is not lost').toHaveValue('o..neil@example.org');
  await look(page, 'landing-refused', axe);
  await page.getByLabel('Email').fill('a-rather-long-name.of-somebody@a-department.example.org');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('status')).toContainText('You are on the list');
  await look(page, 'landing-asked', axe);

  await openSignIn(page, server);
  await page.goto(`${server.origin}/admin`);
  await look(page, 'waiting', axe);
  await page.getByRole('button', { name: /^Dismiss/ }).click();
  await expect(page.getByRole('status')).toContainText('does not wait any more');
  await look(page, 'waiting-nobody', axe);
});
