// What a person does with sessions: make, name, stop, start and delete them.
import { type APIRequestContext } from '@playwright/test';

import { expect, test } from '../fixtures.ts';
import { Dashboard } from '../pages/dashboard.ts';
import { START_LIMIT_MS, Terminal } from '../pages/terminal.ts';

interface Session {
  id: string;
  name: string;
}

async function make(api: APIRequestContext, name: string, started = false): Promise<Session> {
  const made = await api.post('/api/sessions', { data: { name } });
  expect(made.ok(), await made.text()).toBe(true);
  const session: Session = await made.json();
  if (started) {
    const start = await api.post(`/api/sessions/${session.id}/start`);
    expect(start.ok(), await start.text()).toBe(true);
  }
  return session;
}

test.afterEach(async ({ api }) => {
  const sessions: Session[] = await (await api.get('/api/sessions')).json();
  for (const { id } of sessions) expect((await api.delete(`/api/sessions/${id}`)).ok()).toBe(true);
});

test('with no session yet, the page says what to do next', async ({ page, signIn }) => {
  await signIn(page);
  await expect(page.getByText('No sessions yet')).toBeVisible();
  await expect(page.getByText('Press “New session”')).toBeVisible();
});

test('one press makes a session, starts it and ends in its shell', async ({ page, signIn }) => {
  await signIn(page);
  const dashboard = await new Dashboard(page).ready();
  await dashboard.newSession.click();
  await expect(page).toHaveURL(/\/sessions\/[a-z0-9]{12}$/);
  const terminal = await new Terminal(page).ready();
  await terminal.type('echo "$((6 * 7)) is the answer"');
  await terminal.sees('42 is the answer');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(/^Shell #\d+$/);
  await expect(page).toHaveTitle(/^Shell #\d+ · Berth$/);

  await page.getByRole('link', { name: 'All sessions' }).click();
  await expect(dashboard.list.getByRole('listitem')).toHaveCount(1);
  await expect(dashboard.list.locator('[data-state]')).toHaveText('running');
});

test('a session is renamed in place', async ({ api, page, signIn }) => {
  await make(api, 'before');
  await signIn(page);
  const dashboard = await new Dashboard(page).ready();
  await dashboard.choose('before', 'Rename');
  const field = page.getByRole('textbox', { name: 'Session name' });
  await expect(field).toBeFocused();
  await field.fill('after');
  await field.press('Enter');
  await expect(dashboard.card('after')).toBeVisible();
  await page.reload();
  await expect(dashboard.card('after')).toBeVisible();
});

test('an unfit name is refused by its field, before anything is sent', async ({ api, page, signIn }) => {
  await make(api, 'kept');
  await signIn(page);
  const dashboard = await new Dashboard(page).ready();
  await dashboard.choose('kept', 'Rename');
  const field = page.getByRole('textbox', { name: 'Session name' });
  const sent: string[] = [];
  page.on('request', (request) => sent.push(request.url()));
  await field.fill('   ');
  await field.press('Enter');
  await expect(page.getByRole('alert').filter({ hasText: 'Enter a name.' })).toBeVisible();
  await expect(field).toHaveAttribute('aria-invalid', 'true');
  await field.fill('x'.repeat(65));
  await expect(page.getByText('A name has at most 64 characters.')).toBeVisible();
  expect(sent.filter((url) => url.includes('rename'))).toEqual([]);
  await field.press('Escape');
  await expect(dashboard.card('kept')).toBeVisible();
});

test('stop and start keep the files, and the page goes along without a click', async ({ api, isMobile, page, signIn }) => {
  const { id } = await make(api, 'files', true);
  await signIn(page);
  const terminal = await new Terminal(page).open(id);
  await terminal.type('echo remembered > note.txt');
  await terminal.type('cat note.txt');
  await terminal.sees(/^remembered$/m);

  // A phone's bar has room for the name instead.
  if (isMobile) await page.getByRole('button', { name: 'More for files' }).click();
  await page.getByRole(isMobile ? 'menuitem' : 'button', { name: 'Stop', exact: true }).click();
  await expect(page.getByText('This session is stopped. Its files are kept.')).toBeVisible({ timeout: START_LIMIT_MS });
  await expect(terminal.chip).toHaveText('stopped');
  await expect.poll(() => terminal.screen(), 'the screen stays under the notice').toContain('remembered');

  await page.getByRole('button', { name: 'Start session' }).click();
  await expect(terminal.chip).toHaveText('connected', { timeout: START_LIMIT_MS });
  await terminal.type('echo "again: $(cat note.txt)"');
  await terminal.sees('again: remembered');
});

test('a session is deleted only after a confirmation that names it', async ({ api, page, signIn }) => {
  await make(api, 'doomed');
  await make(api, 'spared');
  await signIn(page);
  const dashboard = await new Dashboard(page).ready();

  await dashboard.choose('doomed', 'Delete…');
  const dialog = page.getByRole('dialog', { name: 'Delete “doomed”?' });
  await expect(dialog.getByRole('button', { name: 'Cancel' })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await expect(dashboard.card('doomed')).toBeVisible();

  await dashboard.choose('doomed', 'Delete…');
  await dialog.getByRole('button', { name: 'Delete session' }).click();
  await expect(dashboard.card('doomed')).toBeHidden();
  await expect(page.getByText('Deleted “doomed”.')).toBeVisible();
  await expect(dashboard.card('spared')).toBeVisible();
});

test('what happens elsewhere shows at once', async ({ api, page, signIn }) => {
  await signIn(page);
  const dashboard = await new Dashboard(page).ready();
  const { id } = await make(api, 'from elsewhere');
  await expect(dashboard.card('from elsewhere')).toBeVisible();
  await api.post(`/api/sessions/${id}/start`);
  await expect(dashboard.state('from elsewhere')).toHaveText('running', { timeout: START_LIMIT_MS });
  await api.patch(`/api/sessions/${id}`, { data: { name: 'renamed elsewhere' } });
  await expect(dashboard.card('renamed elsewhere')).toBeVisible();
  await api.delete(`/api/sessions/${id}`);
  await expect(page.getByText('No sessions yet')).toBeVisible();
});

test('a terminal page whose session is deleted elsewhere goes back to the list', async ({ api, page, signIn }) => {
  const { id } = await make(api, 'pulled away', true);
  await signIn(page);
  await new Terminal(page).open(id);
  await api.delete(`/api/sessions/${id}`);
  await expect(page.getByText('“pulled away” was deleted.')).toBeVisible();
  await expect(page).toHaveURL(/\/$/);
});

test('a session that is not there is a 404 that says so', async ({ faults, page, signIn }) => {
  faults.expect(/status of 404/);
  await signIn(page);
  for (const id of ['abcdefghij01', 'no-such-id']) {
    const response = await page.goto(`/sessions/${id}`);
    expect(response?.status(), id).toBe(404);
    await expect(page.getByRole('heading', { name: 'No session here' })).toBeVisible();
    await expect(page.getByRole('link', { name: 'All sessions' })).toBeVisible();
  }
});

// A phone has no arrow keys.
test('the menu of a session needs no mouse', { tag: '@desktop' }, async ({ api, page, signIn }) => {
  await make(api, 'by keyboard');
  await signIn(page);
  const dashboard = await new Dashboard(page).ready();
  const more = page.getByRole('button', { name: 'More for by keyboard' });
  await more.focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('menuitem', { name: 'Rename' })).toBeFocused();
  await page.keyboard.press('ArrowUp');
  await expect(page.getByRole('menuitem', { name: 'Delete…' })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('menu')).toBeHidden();
  await expect(more).toBeFocused();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Enter');
  await page.keyboard.type('typed name');
  await page.keyboard.press('Enter');
  await expect(dashboard.card('typed name')).toBeVisible();
});
