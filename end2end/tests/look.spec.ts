// How the pages look: pictures for people to look at, and what a program can tell about looks.
import { join, resolve } from 'node:path';

import { type Page, type WebSocketRoute } from '@playwright/test';

import { expect, test } from '../fixtures.ts';
import { Dashboard } from '../pages/dashboard.ts';
import { Terminal } from '../pages/terminal.ts';

const PICTURES = resolve(import.meta.dirname, '../results/look');

/** The least height and width of what a finger presses, CSS pixels. */
const FINGER = 40;

/** Black is left out: on a dark screen it is meant for backgrounds. */
const COLOURS =
  `printf "\\033[90mbright 0\\033[0m\\n"; for i in 1 2 3 4 5 6 7; do printf "\\033[3\${i}mcolour $i\\033[0m  \\033[9\${i}mbright $i\\033[0m\\n"; done`;

async function picture(page: Page, name: string): Promise<void> {
  const { project } = test.info();
  for (const colorScheme of ['dark', 'light'] as const) {
    await inColours(page, colorScheme);
    await page.screenshot({ path: join(PICTURES, `${project.name}-${name}-${colorScheme}.png`), animations: 'disabled' });
  }
  await inColours(page, 'dark');
}

/** Switches, and waits until the colours have arrived: half-way they have no contrast. */
async function inColours(page: Page, colorScheme: 'dark' | 'light'): Promise<void> {
  await page.emulateMedia({ colorScheme });
  await page.evaluate(async () => {
    const fades = document.getAnimations().filter((animation) => animation instanceof CSSTransition);
    await Promise.allSettled(fades.map((fade) => fade.finished));
  });
}

async function overflow(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

/** What can be pressed and is too small for a finger. Links within text may be. */
async function tooSmall(page: Page): Promise<string[]> {
  return page.evaluate((least) => {
    const pressed = [...document.querySelectorAll('button, a.button, input')];
    return pressed
      .map((element) => ({ element, box: element.getBoundingClientRect() }))
      .filter(({ box }) => box.width > 0 && (box.height < least - 0.5 || box.width < least - 0.5))
      .map(({ element, box }) => `${element.outerHTML.slice(0, 120)} ${box.width}×${box.height}`);
  }, FINGER);
}

test.afterEach(async ({ api }) => {
  const sessions: { id: string }[] = await (await api.get('/api/sessions')).json();
  for (const { id } of sessions) await api.delete(`/api/sessions/${id}`);
});

test('the list, empty and full', async ({ api, axe, isMobile, page, signIn }) => {
  await signIn(page);
  const dashboard = await new Dashboard(page).ready();
  await expect(page.getByText('No sessions yet')).toBeVisible();
  await picture(page, 'empty');
  expect(await axe(page)).toEqual([]);

  const names = ['Shell #1', 'A name as long as names may be, which is sixty-four characters..', '日本語のセッション'];
  for (const name of names) expect((await api.post('/api/sessions', { data: { name } })).ok()).toBe(true);
  const running: { id: string } = await (await api.post('/api/sessions', { data: { name: 'Running one' } })).json();
  await api.post(`/api/sessions/${running.id}/start`);
  await expect(dashboard.state('Running one')).toHaveText('running', { timeout: 20_000 });
  await picture(page, 'list');
  expect(await axe(page)).toEqual([]);
  await inColours(page, 'light');
  expect(await axe(page), 'in the light').toEqual([]);
  expect(await overflow(page)).toBeLessThanOrEqual(0);
  if (isMobile) expect(await tooSmall(page)).toEqual([]);

  await page.getByRole('button', { name: 'More for Running one' }).click();
  await picture(page, 'menu');
  expect(await axe(page)).toEqual([]);
  await page.getByRole('menuitem', { name: 'Delete…' }).click();
  await picture(page, 'delete');
  expect(await axe(page)).toEqual([]);
  await page.keyboard.press('Escape');
  await dashboard.choose('Running one', 'Rename');
  await page.getByRole('textbox', { name: 'Session name' }).fill('');
  await expect(page.getByText('Enter a name.')).toBeVisible();
  await picture(page, 'rename');
  expect(await axe(page)).toEqual([]);
});

test('the terminal, running and stopped', async ({ api, axe, isMobile, page, signIn }) => {
  const made: { id: string } = await (await api.post('/api/sessions', { data: { name: 'Shell #1' } })).json();
  await signIn(page);
  await page.goto(`/sessions/${made.id}`);
  await expect(page.getByText('This session has not been started yet.')).toBeVisible();
  await picture(page, 'not-started');
  expect(await axe(page)).toEqual([]);

  await api.post(`/api/sessions/${made.id}/start`);
  const terminal = await new Terminal(page).ready();
  await terminal.newTab.click();
  await terminal.ready();
  await terminal.type(`clear; ${COLOURS}`);
  await terminal.sees(/^colour 7\s+bright 7$/m);
  await picture(page, 'terminal');
  expect(await overflow(page)).toBeLessThanOrEqual(0);
  if (isMobile) expect(await tooSmall(page)).toEqual([]);
  expect(await axe(page)).toEqual([]);

  await terminal.type('exit 3');
  await expect(page.getByRole('button', { name: 'Open again' })).toBeVisible();
  await picture(page, 'ended');
  await api.post(`/api/sessions/${made.id}/stop`);
  await expect(page.getByRole('button', { name: 'Start session' })).toBeVisible({ timeout: 40_000 });
  await picture(page, 'stopped');
  expect(await axe(page)).toEqual([]);
});

/** How many characters of the session's name can be read. */
async function readable(page: Page): Promise<number> {
  return page.getByRole('heading', { level: 1 }).evaluate((heading) => {
    const text = document.createTreeWalker(heading, NodeFilter.SHOW_TEXT).nextNode();
    if (!text?.textContent) return 0;
    const isCut = heading.scrollWidth > heading.clientWidth;
    // The ellipsis stands where the last characters would.
    const end = heading.getBoundingClientRect().right - (isCut ? parseFloat(getComputedStyle(heading).fontSize) : 0);
    const range = document.createRange();
    let count = 0;
    for (; count < text.textContent.length; count += 1) {
      range.setStart(text, count);
      range.setEnd(text, count + 1);
      if (range.getBoundingClientRect().right > end) break;
    }
    return count;
  });
}

test('a phone’s bar has room for the session’s name', { tag: '@phone' }, async ({ api, page, signIn }) => {
  const name = 'Wide names WW of up to sixty-four characters are cut at the end..';
  const made: { id: string } = await (await api.post('/api/sessions', { data: { name: name.slice(0, 64) } })).json();
  await api.post(`/api/sessions/${made.id}/start`);
  await signIn(page);
  let refuses = false;
  const open: WebSocketRoute[] = [];
  await page.routeWebSocket(/\/api\/terminal\//, (socket) => {
    if (refuses) return void socket.close({ code: 1013 });
    open.push(socket);
    socket.connectToServer();
  });
  await new Terminal(page).open(made.id);
  const bar = page.locator('.terminal-page > .bar');
  const height = (await bar.boundingBox())?.height;
  for (const width of [360, 412]) {
    await page.setViewportSize({ width, height: 780 });
    expect(await readable(page), `at ${width} px`).toBeGreaterThanOrEqual(12);
    expect(await overflow(page)).toBeLessThanOrEqual(0);
    expect(await tooSmall(page)).toEqual([]);
    await picture(page, `bar-${width}`);
  }
  await page.getByRole('button', { name: /^More for Wide names/ }).tap();
  await expect(page.getByRole('menuitem', { name: 'Stop' })).toBeVisible();
  await page.keyboard.press('Escape');

  refuses = true;
  for (const socket of open) await socket.close({ code: 1013 });
  await expect(page.getByRole('button', { name: 'Reconnect now' })).toBeVisible();
  for (const width of [360, 412]) {
    await page.setViewportSize({ width, height: 780 });
    expect(await readable(page), `at ${width} px, reconnecting`).toBeGreaterThanOrEqual(12);
    expect(await overflow(page)).toBeLessThanOrEqual(0);
    expect((await bar.boundingBox())?.height).toBe(height);
    const reconnect = await page.getByRole('button', { name: 'Reconnect now' }).boundingBox();
    const commands = await page.getByRole('button', { name: 'Commands' }).boundingBox();
    expect((reconnect?.x ?? 0) + (reconnect?.width ?? 0), `at ${width} px, beside the buttons`).toBeLessThanOrEqual(commands?.x ?? 0);
    await picture(page, `bar-reconnecting-${width}`);
  }
});

test('nothing moves while the page loads', async ({ api, page, signIn }) => {
  await api.post('/api/sessions', { data: { name: 'Steady' } });
  await page.addInitScript(() => {
    const shift = { sum: 0 };
    Object.assign(window, { shift });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) shift.sum += (entry as unknown as { value: number }).value;
    }).observe({ type: 'layout-shift', buffered: true });
  });
  await signIn(page);
  await new Dashboard(page).ready();
  await page.evaluate(() => document.fonts.ready);
  expect(await page.evaluate(() => (window as unknown as { shift: { sum: number } }).shift.sum)).toBeLessThan(0.01);
});

test('with less motion asked for, only the beam moves', async ({ api, page, signIn }) => {
  const made: { id: string } = await (await api.post('/api/sessions', { data: {} })).json();
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await signIn(page);
  await new Dashboard(page).ready();
  await api.post(`/api/sessions/${made.id}/start`);
  await expect(page.locator('[data-state=running]')).toBeVisible({ timeout: 20_000 });
  const moving = await page.evaluate(() =>
    document.getAnimations().map((animation) => (animation as CSSAnimation).animationName ?? 'transition'),
  );
  expect(moving.filter((name) => name !== 'scan')).toEqual([]);
});
