// The dashboard: agents to choose from, cards in each state, numbers that live, sleep, trouble and presets.
import type { APIRequestContext, Page } from '@playwright/test';

import { expect, test } from '../fixtures.ts';
import { Dashboard, hydrated } from '../pages/dashboard.ts';
import { START_LIMIT_MS, Terminal } from '../pages/terminal.ts';
import { CHOICES, eachState, fakeEvents, inMinutes, send, session, tell, usage } from '../support/told.ts';

test.afterEach(async ({ api }) => {
  const sessions: { id: string }[] = await (await api.get('/api/sessions')).json();
  for (const { id } of sessions) expect((await api.delete(`/api/sessions/${id}`)).ok()).toBe(true);
  const presets: { id: string }[] = await (await api.get('/api/presets')).json();
  for (const { id } of presets) expect((await api.delete(`/api/presets/${id}`)).ok()).toBe(true);
});

/** Pictures in both colours that must stay as they are, and what axe finds in each. */
async function compare(page: Page, name: string, axe: (page: Page) => Promise<string[]>): Promise<void> {
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.evaluate(() => document.fonts.ready);
    expect(await axe(page), `${name}, ${colorScheme}`).toEqual([]);
    await expect(page).toHaveScreenshot(`${name}-${colorScheme}.png`, { maxDiffPixelRatio: 0.01 });
  }
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(overflow, `${name} is no wider than the screen`).toBeLessThanOrEqual(0);
}

const caret = (page: Page) => page.getByRole('button', { name: 'Choose an agent' });
const agents = (page: Page) => page.getByRole('dialog', { name: 'New session' });

/** The only session that there is. */
async function only(api: APIRequestContext): Promise<Record<string, unknown>> {
  const sessions: Record<string, unknown>[] = await (await api.get('/api/sessions')).json();
  expect(sessions).toHaveLength(1);
  return sessions[0]!;
}

test('without a session the page offers the agents', async ({ api, axe, page, signIn }) => {
  await tell(page, []);
  await signIn(page);
  await hydrated(page);
  const shell = page.getByRole('button', { name: /^Shell / });
  await expect(shell).toBeVisible();
  await expect(page.getByText('Not installed here — npm install -g codex')).toBeVisible();
  await compare(page, 'empty', axe);
  await shell.click();
  await expect(page).toHaveURL(/\/sessions\/[a-z0-9]{12}$/);
  expect(await only(api)).toMatchObject({ agent: 'shell', name: 'Shell #1' });
});

test('each state has its card, in the dark and in the light', async ({ axe, page, signIn }) => {
  await tell(page, eachState());
  await signIn(page);
  const dashboard = await new Dashboard(page).ready();
  await expect(dashboard.list.getByRole('img', { name: 'CPU: 31 % of 1 CPU' })).toBeVisible();
  await expect(dashboard.card('Claude Code #1').getByText('Sleeps in 12 min')).toBeVisible();
  await expect(dashboard.card('Codex #1').getByText('needs you')).toBeVisible();
  await expect(dashboard.card('Shell #1').getByRole('img', { name: /^Disk/ })).toBeHidden();
  await expect(dashboard.card('Claude Code #2').getByText('The container ran out of memory.')).toBeVisible();
  await compare(page, 'list', axe);
  await dashboard.card('Never started').scrollIntoViewIfNeeded();
  await compare(page, 'list-end', axe);
});

test('numbers come and go without the cards', async ({ page, signIn }) => {
  const one = session('Claude Code #1', { status: 'running' });
  await tell(page, [one]);
  await signIn(page);
  const dashboard = await new Dashboard(page).ready();
  const card = dashboard.card(one.name);
  await expect(card.getByRole('img', { name: 'CPU: 31 % of 1 CPU' })).toBeVisible();
  await card.evaluate((card) => card.setAttribute('data-kept', ''));

  await send(page, 'usage', [usage(one.id, { cpu_millis: 870, activity: 'needs_you' })]);
  await expect(card.getByRole('img', { name: 'CPU: 87 % of 1 CPU' })).toBeVisible();
  await expect(card.getByText('needs you')).toBeVisible();
  await send(page, 'usage', [usage(one.id, { cpu_millis: 0, activity: 'shell', sleeps_at: inMinutes(3) })]);
  await expect(card.getByRole('img', { name: 'CPU: 0 % of 1 CPU' })).toBeVisible();
  await expect(card.getByText('idle')).toBeVisible();
  await expect(card.getByText('Sleeps in 3 min')).toBeVisible();
  await expect(card, 'it is the same card').toHaveAttribute('data-kept', '');

  const stopped = { ...one, state: { status: 'stopped' }, stopped_by: 'idle', active_at: new Date().toISOString() };
  await send(page, 'session', stopped);
  await expect(card.getByText('Asleep: nobody typed and nothing worked in it.')).toBeVisible();
  await expect(card.getByRole('img')).toHaveCount(0);
});

test('what a start is at is told as it goes on', async ({ page, signIn }) => {
  const one = session('Gemini CLI #1', { status: 'starting', stage: 'creating' });
  await tell(page, [one]);
  await signIn(page);
  const card = (await new Dashboard(page).ready()).card(one.name);
  for (const doing of ['getting the image', 'getting the image: 3 of 16 MB']) {
    await send(page, 'session', { ...one, doing });
    await expect(card.getByRole('listitem').filter({ hasText: doing })).toHaveCount(1);
    await expect(card.getByText(doing, { exact: true })).toBeVisible();
  }
  const start = [{ stage: 'creating', ms: 5_210 }];
  await send(page, 'session', { ...one, state: { status: 'starting', stage: 'starting' }, start });
  await expect(card.getByText('5210 ms')).toBeVisible();
  await expect(card.getByText('getting the image')).toHaveCount(0);
});

test('a failed session is restarted with its conversation', async ({ page, signIn }) => {
  const failed = session('Claude Code #1', { status: 'failed', cause: { kind: 'exited', code: 3 } }, { can_resume: true });
  await tell(page, [failed]);
  await page.route('**/rpc/session/start', (route) =>
    route.fulfill({ json: { ...failed, state: { status: 'starting', stage: 'creating' }, active_at: new Date().toISOString() } }),
  );
  await signIn(page);
  const dashboard = await new Dashboard(page).ready();
  const card = dashboard.card(failed.name);
  await expect(card.getByText('The container ended by itself with exit code 3.')).toBeVisible();
  await expect(card.getByRole('button', { name: 'Start', exact: true })).toBeVisible();
  const asked = page.waitForRequest('**/rpc/session/start');
  await card.getByRole('button', { name: 'Restart and resume the conversation' }).click();
  expect((await asked).postDataJSON()).toEqual({ id: failed.id, how: { resume: true } });
  await expect(dashboard.state(failed.name)).toHaveText('starting');
});

test('a runtime in trouble is told of once, and no more when it works', async ({ axe, page, signIn }) => {
  await tell(page, eachState().slice(4));
  await signIn(page);
  await new Dashboard(page).ready();
  const detail = 'Docker does not answer at /run/docker.sock: connection refused';
  await send(page, 'runtime', [{ runtime: 'docker', detail, since: inMinutes(-3), retry_at: inMinutes(1) }]);
  const banner = page.getByRole('region', { name: 'Runtime' });
  await expect(banner).toHaveCount(1);
  await expect(banner).toContainText('“docker” keeps failing');
  await expect(banner).toContainText(detail);
  await expect(banner).toContainText('Since: 3 min ago. It is tried again in 1 min.');
  await compare(page, 'trouble', axe);
  await send(page, 'runtime', []);
  await expect(banner).toBeHidden();
});

test('an agent is chosen by keys alone', { tag: '@desktop' }, async ({ api, axe, page, signIn }) => {
  await signIn(page);
  await new Dashboard(page).ready();
  await caret(page).focus();
  await page.keyboard.press('Enter');
  const list = agents(page).getByRole('group', { name: 'Agents' });
  // On the one that was used last, if another test has used any.
  await expect(list.locator('button:focus')).toHaveCount(1);
  expect(await axe(page)).toEqual([]);
  await page.keyboard.press('Escape');
  await expect(agents(page)).toBeHidden();
  await expect(caret(page)).toBeFocused();

  await page.keyboard.press('Enter');
  await expect(list.locator('button:focus')).toHaveCount(1);
  await page.keyboard.press('Home');
  await expect(list.getByRole('button').first()).toBeFocused();
  await page.keyboard.press('ArrowUp');
  await expect(list.getByRole('button').last()).toBeFocused();
  const shell = list.getByRole('button', { name: /^(Plain s|S)hell/ });
  while (!(await shell.evaluate((button) => button === document.activeElement))) await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/sessions\/[a-z0-9]{12}$/);
  expect(await only(api)).toMatchObject({ agent: 'shell' });
  await page.getByRole('link', { name: 'All sessions' }).click();
  await caret(page).click();
  await expect(list.getByRole('button', { name: /used last/ })).toBeFocused();
});

test('an agent is chosen by a finger, from a sheet', { tag: '@phone' }, async ({ api, page, signIn }) => {
  await signIn(page);
  await new Dashboard(page).ready();
  await caret(page).tap();
  const sheet = agents(page);
  await expect(sheet.getByRole('button', { name: /shell/i })).toBeVisible();
  const box = await sheet.boundingBox();
  const screen = page.viewportSize()!;
  expect((box?.y ?? 0) + (box?.height ?? 0)).toBeCloseTo(screen.height, 0);
  expect(box?.width).toBe(screen.width);
  await sheet.getByRole('button', { name: 'Close' }).tap();
  await expect(sheet).toBeHidden();
  await caret(page).tap();
  await sheet.getByRole('button', { name: /shell/i }).tap();
  await expect(page).toHaveURL(/\/sessions\/[a-z0-9]{12}$/);
  expect(await only(api)).toMatchObject({ agent: 'shell' });
});

test('what to choose from stays as it looks', async ({ axe, page, signIn }) => {
  await tell(page, []);
  await signIn(page);
  await new Dashboard(page).ready();
  await caret(page).click();
  await expect(agents(page).getByRole('button', { name: /^Claude Code used last/ })).toBeFocused();
  await compare(page, 'agents', axe);
  await agents(page).getByRole('button', { name: 'More options' }).click();
  await expect(agents(page).getByRole('combobox', { name: 'Size' }).getByRole('option', { selected: true })).toHaveText(
    'standard: 1 CPU, 3.0 GiB memory, 4.0 GiB disk',
  );
  await agents(page).getByLabel('Commits').fill('many');
  await agents(page).getByRole('button', { name: 'Create with Claude Code' }).click();
  await expect(agents(page).getByText('Enter how many commits, from 1.')).toBeVisible();
  await expect(agents(page).getByLabel('Commits')).toHaveAttribute('aria-invalid', 'true');
  await compare(page, 'options', axe);
});

test('a session is made with all that was chosen', async ({ api, page, signIn }) => {
  await signIn(page);
  await new Dashboard(page).ready();
  await caret(page).click();
  const dialog = agents(page);
  await dialog.getByRole('button', { name: 'More options' }).click();
  await dialog.getByRole('button', { name: /shell/i }).first().click();
  await expect(page, 'with the options open a press only chooses').toHaveURL(/\/$/);
  await dialog.getByRole('combobox', { name: 'Size' }).selectOption('low');
  await dialog.getByLabel('Environment').fill('HOME=/elsewhere');
  await dialog.getByRole('button', { name: /^Create with/ }).click();
  await expect(dialog.getByText('HOME is set by the session itself.')).toBeVisible();
  await dialog.getByLabel('Environment').fill('GREETING=hello there\n');
  await dialog.getByRole('switch', { name: /^Keep awake until done/ }).check();
  await dialog.getByRole('button', { name: /^Create with/ }).click();
  await expect(page).toHaveURL(/\/sessions\/[a-z0-9]{12}$/);
  expect(await only(api)).toMatchObject({ agent: 'shell', tier: 'low', keep: true });
  const terminal = await new Terminal(page).ready();
  await terminal.type('echo "it says: $GREETING"');
  await terminal.sees('it says: hello there');
});

test('what the server has against a session is said where it was asked for', async ({ faults, page, signIn }) => {
  faults.expect(/status of 402/);
  await tell(page, []);
  const error = 'You have 3 sessions, which is as many as you may have. Delete one that you don’t need.';
  // As a server function answers what went wrong.
  await page.route('**/rpc/session/create', (route) =>
    route.fulfill({ status: 402, headers: { serverfnerror: 'true' }, json: { error, code: 'QUOTA_EXCEEDED', request_id: 'r1' } }),
  );
  await signIn(page);
  await new Dashboard(page).ready();
  await caret(page).click();
  await agents(page).getByRole('button', { name: /^Shell/ }).click();
  await expect(agents(page).getByRole('alert').filter({ hasText: 'There is no room for another session' })).toContainText(error);
});

test('a duplicate is made, and not started', async ({ api, page, signIn }) => {
  const made = await api.post('/api/sessions', { data: { name: 'Original', tier: 'low' } });
  expect(made.ok(), await made.text()).toBe(true);
  await signIn(page);
  const dashboard = await new Dashboard(page).ready();
  await dashboard.choose('Original', 'Duplicate');
  await expect(dashboard.list.locator('.session-card')).toHaveCount(2);
  await expect(page.getByText('is made, and not started yet.')).toBeVisible();
  const sessions: { tier: string }[] = await (await api.get('/api/sessions')).json();
  expect(sessions.map(({ tier }) => tier)).toEqual(['low', 'low']);
});

test('the last minutes before sleep are counted, and can be stopped', async ({ api, axe, page, signIn }) => {
  const { id }: { id: string } = await (await api.post('/api/sessions', { data: { name: 'Drowsy' } })).json();
  await api.post(`/api/sessions/${id}/start`);
  await fakeEvents(page);
  await signIn(page);
  await new Terminal(page).open(id);
  await send(page, 'usage', [usage(id, { activity: 'shell', sleeps_at: inMinutes(9) })]);
  await expect(page.getByRole('timer')).toBeHidden();
  await send(page, 'usage', [usage(id, { activity: 'shell', sleeps_at: inMinutes(3) })]);
  const timer = page.getByRole('timer');
  await expect(timer).toHaveText(/^Sleeps in 3:[0-3]\d$/);
  const before = await timer.textContent();
  await expect(timer).not.toHaveText(before ?? '');
  expect(await axe(page)).toEqual([]);
  const touched = page.waitForResponse('**/rpc/session/touch');
  await page.getByRole('button', { name: 'Keep awake' }).click();
  expect((await touched).status()).toBe(200);
  await expect(page.getByText('It stays awake.')).toBeVisible();
  await send(page, 'usage', [usage(id, { activity: 'shell', sleeps_at: inMinutes(30) })]);
  await expect(timer).toBeHidden();
});

test('a restart is one request', { tag: '@desktop' }, async ({ api, page, signIn }) => {
  const { id }: { id: string } = await (await api.post('/api/sessions', { data: { name: 'Again' } })).json();
  await api.post(`/api/sessions/${id}/start`);
  await signIn(page);
  const terminal = await new Terminal(page).open(id);
  await terminal.type('echo kept > note.txt');
  const asked: string[] = [];
  page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  await terminal.run('Restart session');
  await expect(terminal.chip).not.toHaveText('connected', { timeout: START_LIMIT_MS });
  await expect(terminal.chip).toHaveText('connected', { timeout: START_LIMIT_MS });
  await terminal.type('cat note.txt');
  await terminal.sees(/^kept$/m);
  expect(asked).toContain('/rpc/session/restart');
  expect(asked).not.toContain('/rpc/session/stop');
});

test('tabs are saved as a preset, opened again, renamed and deleted', async ({ api, axe, isMobile, page, signIn }) => {
  const { id }: { id: string } = await (await api.post('/api/sessions', { data: { name: 'Tabs' } })).json();
  await api.post(`/api/sessions/${id}/start`);
  await signIn(page);
  const terminal = await new Terminal(page).open(id);
  await terminal.openTabs(2);
  await page.getByRole('button', { name: 'More for Tabs' }).click();
  await page.getByRole('menuitem', { name: 'Save tabs as preset…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Save tabs as preset' });
  const name = dialog.getByRole('textbox', { name: 'Name' });
  await expect(name).toBeFocused();
  await name.fill(' ');
  await dialog.getByRole('button', { name: 'Save preset' }).click();
  await expect(dialog.getByText('A name has 1 to 64 characters')).toBeVisible();
  expect(await axe(page)).toEqual([]);
  await name.fill('Two shells');
  await dialog.getByRole('button', { name: 'Save preset' }).click();
  await expect(page.getByText('“Two shells” is saved, with 1 tab beside')).toBeVisible();
  await expect(dialog).toBeHidden();

  const other: { id: string } = await (await api.post('/api/sessions', { data: { name: 'Other' } })).json();
  await api.post(`/api/sessions/${other.id}/start`);
  await page.goto(`/sessions/${other.id}`);
  await terminal.ready();
  await expect(terminal.tabs).toHaveCount(1);
  if (isMobile) {
    await page.getByRole('button', { name: 'Commands' }).tap();
    await page.getByRole('option', { name: 'Apply preset: Two shells' }).tap();
  } else {
    await terminal.run('Apply preset: Two shells');
  }
  await expect(terminal.tabs).toHaveCount(2);

  await page.getByRole('button', { name: 'Settings' }).click();
  const settings = page.getByRole('dialog', { name: 'Settings' });
  await settings.getByRole('button', { name: 'Edit Two shells' }).click();
  await settings.getByRole('textbox', { name: 'Name' }).fill('Twins');
  await settings.getByRole('textbox', { name: /^Commands of tabs/ }).fill('top');
  expect(await axe(page)).toEqual([]);
  await settings.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(settings.getByText('Twins')).toBeVisible();
  expect(await (await api.get('/api/presets')).json()).toMatchObject([{ name: 'Twins', commands: ['top'] }]);
  await settings.getByRole('button', { name: 'Delete Twins' }).click();
  await expect(settings.getByText('None yet.')).toBeVisible();
  expect(await (await api.get('/api/presets')).json()).toEqual([]);
});

test('how long a session stays awake is chosen in the settings', async ({ api, page, signIn }) => {
  const stored = async () => (await (await api.get('/api/preferences')).json()).idle_minutes;
  await signIn(page);
  await hydrated(page);
  await page.getByRole('button', { name: 'Settings' }).click();
  const settings = page.getByRole('dialog', { name: 'Settings' });
  await expect(settings.getByRole('radio', { name: '30 min' })).toBeChecked();
  await settings.getByRole('radio', { name: 'Never' }).check();
  await expect.poll(stored).toBe(0);
  await settings.getByRole('radio', { name: '4 h' }).check();
  await expect.poll(stored).toBe(240);
  await settings.getByRole('radio', { name: '30 min' }).check();
  await expect.poll(stored).toBe(30);
});

test('the palette leads to sessions and does what cards do', { tag: '@desktop' }, async ({ axe, page, signIn }) => {
  await tell(page, eachState());
  await page.route('**/rpc/session/stop', (route) => route.fulfill({ json: eachState()[0] }));
  await signIn(page);
  await new Dashboard(page).ready();
  await page.keyboard.press('Control+k');
  const field = page.getByRole('combobox', { name: 'Find a command' });
  await expect(field).toBeFocused();
  for (const title of ['New session: Claude Code', 'New session with options…', 'Open: Shell #1', 'Start: Never started', 'Files', 'Settings']) {
    await expect(page.getByRole('option', { name: title, exact: true })).toBeAttached();
  }
  expect(await axe(page)).toEqual([]);
  const stopped = page.waitForRequest('**/rpc/session/stop');
  await field.fill('stop codex');
  await page.keyboard.press('Enter');
  expect((await stopped).postDataJSON()).toEqual({ id: eachState()[1]!.id });
  await expect(field).toBeHidden();
  await page.keyboard.press('Control+k');
  await page.keyboard.press('Control+k');
  await expect(field).toBeHidden();
  await page.keyboard.press('Control+k');
  await field.fill('settings');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog', { name: 'Settings' })).toBeVisible();
});

test('several runtimes can be chosen from, and what is missing is said of the one in use', async ({ page, signIn }) => {
  await tell(page, [], { ...CHOICES, runtimes: ['docker', 'embedded'] });
  await signIn(page);
  await new Dashboard(page).ready();
  await caret(page).click();
  await expect(agents(page).getByRole('button', { name: /^Codex/ })).not.toContainText('Not installed here');
  await agents(page).getByRole('button', { name: 'More options' }).click();
  await agents(page).getByRole('combobox', { name: 'Runtime' }).selectOption('embedded');
  await expect(agents(page).getByRole('button', { name: /^Codex/ })).toContainText('Not installed here — npm install -g codex');
});
