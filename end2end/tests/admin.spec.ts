// What administrators see and mend of the whole server, on pages that work without scripts.
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { type Page } from '@playwright/test';

import { ADMIN, expect, openSignIn, test, type Server } from '../fixtures.ts';
import { look } from '../support/look.ts';
import { stranger } from '../support/people.ts';

const PASSWORD = 'a few words of my own';
/** How long a session may take to start or stop. */
const CHANGE_LIMIT_MS = 30_000;

/** Asks the API in the name of whoever is signed in on the page. */
async function ask<T>(page: Page, server: Server, method: 'GET' | 'POST', path: string, data?: object): Promise<T> {
  const response = await page.request.fetch(`${server.origin}${path}`, {
    method,
    headers: { origin: server.origin },
    ...(data ? { data } : {}),
  });
  expect(response.ok(), `${method} ${path}: ${response.status()} ${await response.text()}`).toBe(true);
  return response.json();
}

/** A session of whoever is signed in on the page, running. */
async function running(page: Page, server: Server, name: string): Promise<string> {
  const { id } = await ask<{ id: string }>(page, server, 'POST', '/api/sessions', { name });
  await ask(page, server, 'POST', `/api/sessions/${id}/start`);
  await until(page, server, id, 'running');
  return id;
}

async function until(page: Page, server: Server, id: string, status: string): Promise<void> {
  const now = async () => (await ask<{ state: { status: string } }>(page, server, 'GET', `/api/sessions/${id}/status`)).state.status;
  await expect.poll(now, { timeout: CHANGE_LIMIT_MS }).toBe(status);
}

test('anybody’s session is seen, stopped and deleted by an admin, with scripts off all the way', async ({ axe, browser, startServer }) => {
  const server = await startServer();
  const admin = await stranger(browser, false);
  await openSignIn(admin, server);
  await admin.goto(`${server.origin}/admin/sessions`);
  await expect(admin.getByText('Nobody has a session.')).toBeVisible();
  const { path } = await ask<{ path: string }>(admin, server, 'POST', '/api/users', { email: 'ada@example.org', role: 'user' });

  const ada = await stranger(browser, false);
  await ada.goto(`${server.origin}${path}`);
  await ada.getByLabel('Password', { exact: false }).first().fill(PASSWORD);
  await ada.getByLabel('Password, again').fill(PASSWORD);
  await ada.getByRole('button', { name: 'Choose and sign in' }).click();
  await expect(ada).toHaveURL(`${server.origin}/`);
  const id = await running(ada, server, 'Ada’s work');
  await ask(admin, server, 'POST', '/api/sessions', { name: 'A session with a name as long as a name may be, which is 64' });

  // As people come there: from the account page, by the bar.
  await admin.goto(`${server.origin}/account`);
  await admin.getByRole('link', { name: 'Sessions', exact: true }).click();
  const row = admin.getByRole('listitem').filter({ hasText: 'Ada’s work' });
  await expect(row).toContainText('ada@example.org');
  await expect(row).toContainText('running');
  await expect(row).toContainText(/of memory, .* of CPU, \d+ processes/);
  const page = await stranger(browser);
  await openSignIn(page, server);
  await page.goto(`${server.origin}/admin/sessions`);
  await look(page, 'admin-sessions', axe);

  await row.getByRole('button', { name: 'Stop Ada’s work' }).click();
  await expect(admin.getByRole('status')).toContainText(`Session ${id} is told to stop`);
  await until(ada, server, id, 'stopped');
  await admin.reload();
  await expect(row.getByRole('button')).toHaveCount(0);
  await row.getByRole('link', { name: 'Delete Ada’s work' }).click();
  await expect(admin.getByRole('heading', { name: 'Delete “Ada’s work”?' })).toBeVisible();
  await expect(admin.getByRole('main')).toContainText('ada@example.org');
  await page.goto(admin.url());
  await look(page, 'admin-delete', axe);
  await page.context().close();
  await admin.getByRole('link', { name: 'Keep it' }).click();
  await expect(row).toHaveCount(1);
  await row.getByRole('link', { name: 'Delete Ada’s work' }).click();
  await admin.getByRole('button', { name: 'Delete “Ada’s work”' }).click();
  await expect(admin.getByRole('status')).toContainText(`Session ${id} is deleted`);
  await expect(row).toHaveCount(0);
  expect(await ask(ada, server, 'GET', '/api/sessions')).toEqual([]);

  await admin.goto(`${server.origin}/admin/audit`);
  await admin.getByLabel('What').selectOption('sessions');
  await admin.getByRole('button', { name: 'Show' }).click();
  const deleted = admin.getByRole('row').filter({ hasText: 'session.deleted' });
  await expect(deleted).toContainText(ADMIN.email);
  await expect(deleted).toContainText(`${id} Ada’s work`);
  await expect(admin.getByRole('row').filter({ hasText: 'session.started' })).toContainText('ada@example.org');
  await ada.context().close();
  await admin.context().close();
});

test('containers without a session are shown and mended with one click, with scripts off', async ({ axe, browser, startServer }) => {
  const first = await startServer();
  const before = await stranger(browser, false);
  await openSignIn(before, first);
  const id = await running(before, first, 'Lost');
  await before.goto(`${first.origin}/admin/runtime`);
  await expect(before.getByText('Every container has its session')).toBeVisible();
  await expect(before.getByRole('button', { name: 'Mend' })).toHaveCount(0);
  await before.context().close();
  await first.stop();
  // Another database, as a restored or mistyped one is.
  for (const name of await readdir(first.dataDir)) {
    if (name.startsWith('berth.db')) await rm(join(first.dataDir, name));
  }

  const server = await startServer(first.dataDir);
  const admin = await stranger(browser, false);
  await openSignIn(admin, server);
  await admin.goto(`${server.origin}/admin/runtime`);
  await expect(admin.getByText('The database knows no session at all')).toBeVisible();
  await expect(admin.getByRole('listitem').filter({ hasText: `berth-${id}` })).toContainText('there is no session');
  const page = await stranger(browser);
  await openSignIn(page, server);
  await page.goto(`${server.origin}/admin/runtime`);
  await look(page, 'admin-runtime', axe);
  await admin.getByRole('button', { name: 'Mend' }).click();
  await expect(admin, 'the box has to be ticked').toHaveURL(/\/admin\/runtime$/);

  await ask(admin, server, 'POST', '/api/sessions', { name: 'New' });
  await admin.goto(`${server.origin}/admin/runtime`);
  await expect(admin.getByRole('checkbox')).toHaveCount(0);
  await admin.getByRole('button', { name: 'Mend' }).click();
  await expect(admin.getByRole('status')).toContainText(`removed container berth-${id}`);
  await expect(admin.getByText('Every container has its session')).toBeVisible();
  await page.goto(`${server.origin}/admin/runtime`);
  await look(page, 'admin-runtime-mended', axe);
  await page.context().close();
  await admin.context().close();
});
