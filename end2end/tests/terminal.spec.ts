// A terminal in the page: typing, size, tabs, and what survives a reload or a cut.
import { type Page, type WebSocketRoute } from '@playwright/test';

import { expect, test } from '../fixtures.ts';
import { Dashboard } from '../pages/dashboard.ts';
import { START_LIMIT_MS, Terminal } from '../pages/terminal.ts';
import { eachInASession } from '../support/session.ts';

/** One that the server would send when it goes away for a moment. */
const TRY_AGAIN = 1013;

const session = eachInASession();

/** Passes the terminals' sockets through, and keeps them so that they can be cut. */
async function sockets(page: Page): Promise<WebSocketRoute[]> {
  const open: WebSocketRoute[] = [];
  await page.routeWebSocket(/\/api\/terminal\//, (socket) => {
    open.push(socket);
    socket.connectToServer();
  });
  return open;
}

async function cut(sockets: WebSocketRoute[]): Promise<void> {
  for (const socket of sockets.splice(0)) await socket.close({ code: TRY_AGAIN });
}

test('what is typed comes back, and so does what it does', async ({ page }) => {
  const terminal = await session.open(page);
  await terminal.type('printf "%s\\n" "höher 日本 $BERTH_TERMINAL"');
  await terminal.sees(/^höher 日本 1$/m);
});

test('the shell is as large as the page lets it be, and follows', async ({ isMobile, page }) => {
  const terminal = await session.open(page);
  const size = async () => {
    await terminal.type('clear; stty size');
    const [, rows, cols] = await terminal.match(/^(\d+) (\d+)$/m);
    return { rows: Number(rows), cols: Number(cols) };
  };
  const before = await size();
  const viewport = page.viewportSize() ?? { width: 0, height: 0 };
  await page.setViewportSize({ width: viewport.width - (isMobile ? 80 : 400), height: viewport.height - 200 });
  await expect
    .poll(async () => {
      const after = await size();
      return after.cols < before.cols && after.rows < before.rows;
    }, { timeout: START_LIMIT_MS })
    .toBe(true);
});

test('a reload shows the screen as it was', async ({ page }) => {
  const terminal = await session.open(page);
  await terminal.type('echo still-$((40 + 2))-here');
  await terminal.sees('still-42-here');
  await page.reload();
  await terminal.ready();
  await terminal.sees('still-42-here');
});

test('a connection that was lost without a word does not drive in its place', async ({ page }) => {
  const open: WebSocketRoute[] = [];
  let ended = 0;
  await page.routeWebSocket(/\/api\/terminal\//, (socket) => {
    open.push(socket);
    socket.connectToServer().onClose(() => (ended += 1));
    // The server's side stays open, as when a laptop sleeps or a phone changes networks.
    socket.onClose(() => undefined);
  });
  const terminal = await session.open(page);
  await terminal.type('echo before-$((1 + 1))');
  await terminal.sees('before-2');
  await cut(open);
  await expect.poll(() => open.length).toBe(1);
  await expect(terminal.chip).toHaveText('connected');
  await terminal.type('echo after-$((1 + 1))');
  await terminal.sees('after-2');
  await expect(page.getByRole('button', { name: 'Take control' })).toBeHidden();
  expect(ended, 'the lost one is there all along').toBe(0);
});

test('there are up to six tabs and no seventh, and a new one takes the lowest free number', async ({ isMobile, page }) => {
  const terminal = await session.open(page);
  for (let number = 2; number <= 6; number += 1) {
    await terminal.newTab.click();
    await expect(terminal.tab(number)).toHaveAttribute('aria-selected', 'true');
    await terminal.ready();
  }
  await expect(terminal.newTab).toBeDisabled();
  await terminal.type('echo "tab $BERTH_TERMINAL"');
  await terminal.sees('tab 6');

  await terminal.tab(3).click();
  if (isMobile) await page.getByTitle('Close terminal 3').click();
  else await terminal.tab(3).press('Delete');
  await expect(terminal.tab(3)).toBeHidden();
  await expect(terminal.tab(2)).toHaveAttribute('aria-selected', 'true');
  await terminal.newTab.click();
  await expect(terminal.tab(3)).toHaveAttribute('aria-selected', 'true');
  expect(await terminal.numbers()).toEqual([1, 2, 3, 4, 5, 6]);
  await expect(page.getByTitle('Close terminal 1'), 'the first stays').toHaveCount(0);
});

test('tabs and the one that was shown survive a reload', async ({ page }) => {
  const terminal = await session.open(page);
  await terminal.newTab.click();
  await terminal.ready();
  await terminal.newTab.click();
  await terminal.ready();
  await terminal.tab(2).click();
  await terminal.type('echo second-$((1 + 1))');
  await terminal.sees('second-2');
  await page.reload();
  await expect(terminal.tab(2)).toHaveAttribute('aria-selected', 'true');
  expect(await terminal.numbers()).toEqual([1, 2, 3]);
  await terminal.sees('second-2');
});

test('a tab is called by what runs in it', async ({ page }) => {
  const terminal = await session.open(page);
  await expect(terminal.tab(1)).toContainText('bash');
  await terminal.type('sleep 600');
  await expect(terminal.tab(1)).toContainText('sleep');
  await page.keyboard.press('Control+c');
  await expect(terminal.tab(1)).toContainText('bash');
});

// A phone has no arrow keys.
test('the arrow keys move between tabs', { tag: '@desktop' }, async ({ page }) => {
  const terminal = await session.open(page);
  await terminal.newTab.click();
  await terminal.tab(2).focus();
  await page.keyboard.press('ArrowRight');
  await expect(terminal.tab(1)).toBeFocused();
  await expect(terminal.tab(1)).toHaveAttribute('aria-selected', 'true');
});

test('a cut connection comes back by itself, and the screen is never cleared', async ({ page }) => {
  const open = await sockets(page);
  const terminal = await session.open(page);
  await terminal.type('echo before-$((1 + 1))');
  await terminal.sees('before-2');
  // Counts each moment in which the line was not on the screen.
  await page.evaluate(() => {
    const rows = document.querySelector('.pane-shown .xterm-rows');
    const gone = { count: 0 };
    Object.assign(window, { gone });
    if (rows) {
      const look = () => (gone.count += rows.textContent?.includes('before-2') ? 0 : 1);
      new MutationObserver(look).observe(rows, { childList: true, characterData: true, subtree: true });
    }
  });
  const said = await terminal.chipSays();
  await cut(open);
  await expect.poll(async () => (await said()).some((text) => /reconnecting/.test(text))).toBe(true);
  expect(await terminal.screen()).toContain('before-2');
  await expect(terminal.chip).toHaveText('connected');
  await terminal.type('echo after-$((1 + 1))');
  await terminal.sees('after-2');
  expect(await page.evaluate(() => (window as unknown as { gone: { count: number } }).gone.count)).toBe(0);
  expect((await terminal.screen()).match(/before-2/g), 'nothing doubled').toHaveLength(1);
});

test('offline, nothing is tried; online again, it is back at once', async ({ context, page }) => {
  const open = await sockets(page);
  const terminal = await session.open(page);
  await context.setOffline(true);
  await cut(open);
  await expect(terminal.chip).toHaveText('offline');
  expect(open, 'no socket was tried').toHaveLength(0);
  await context.setOffline(false);
  await expect(terminal.chip).toHaveText('connected');
  await terminal.type('echo online-$((1 + 1))');
  await terminal.sees('online-2');
});

test('when the shell ends the page says how, and opens another', async ({ page }) => {
  const terminal = await session.open(page);
  await terminal.type('exit 7');
  await expect(page.getByText('The process ended with exit code 7.')).toBeVisible();
  await expect(terminal.chip).toHaveText('ended');
  await page.getByRole('button', { name: 'Open again' }).click();
  await expect(terminal.chip).toHaveText('connected');
  await terminal.type('echo anew-$((1 + 1))');
  await terminal.sees('anew-2');
});

test('one of two watchers drives, and the other may take control', async ({ context, page }) => {
  const first = await session.open(page);
  const other = await context.newPage();
  const second = new Terminal(other);
  await other.goto(`/sessions/${session.id()}`);
  await expect(second.chip).toHaveText('connected', { timeout: START_LIMIT_MS });
  const watching = page.getByRole('button', { name: 'Take control' });
  const alsoWatching = other.getByRole('button', { name: 'Take control' });
  await expect(alsoWatching).toBeVisible();
  await alsoWatching.click();
  await expect(alsoWatching).toBeHidden();
  await expect(watching).toBeVisible();
  await second.type('echo driven-$((1 + 1))');
  await second.sees('driven-2');
  await first.sees('driven-2');
});

test('xterm.js is fetched when a terminal opens, and once', async ({ page }) => {
  const asked: string[] = [];
  page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  const dashboard = await new Dashboard(page).open();
  expect(asked.filter((path) => path.startsWith('/vendor/'))).toEqual([]);
  await dashboard.list.getByRole('link', { name: 'Open' }).click();
  const terminal = await new Terminal(page).ready();
  await terminal.newTab.click();
  await terminal.ready();
  expect(asked.filter((path) => path.endsWith('xterm.mjs') && path.startsWith('/vendor/'))).toHaveLength(1);
});

test('ten megabytes arrive while the page stays alive', async ({ page }) => {
  const terminal = await session.open(page);
  await terminal.type('yes "$(printf %080d 7)" | head -c 10000000 > /dev/stdout; echo flood-$((1 + 1))');
  await terminal.sees('flood-2');
  await terminal.type('echo alive-$((1 + 1))');
  await terminal.sees('alive-2');
});

test('a terminal that is not shown keeps its size', async ({ page }) => {
  const terminal = await session.open(page);
  await terminal.type('trap "echo resized-$((1 + 1))" WINCH; stty size; echo set-$((1 + 1))');
  await terminal.sees('set-2');
  await terminal.newTab.click();
  await expect(terminal.tab(2)).toHaveAttribute('aria-selected', 'true');
  await terminal.ready();
  await terminal.tab(1).click();
  await terminal.sees('set-2');
  await terminal.type('echo back-$((1 + 1))');
  await terminal.sees('back-2');
  expect(await terminal.screen()).not.toContain('resized-2');
});
