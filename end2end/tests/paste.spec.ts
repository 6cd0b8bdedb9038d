// Pasting: bracketed, asked about, and whole.
import { createHash } from 'node:crypto';
import type { Page } from '@playwright/test';

import { expect, test } from '../fixtures.ts';
import { eachInASession } from '../support/session.ts';

const session = eachInASession();

/** How long 10 MB may take through page, server, guest and a PTY, on a busy machine. */
const LARGE_LIMIT_MS = 50_000;

/** A paste as the browser tells of it. */
async function paste(page: Page, text: string): Promise<void> {
  await page.locator('.pane-shown .xterm-helper-textarea').evaluate((field, text) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData('text/plain', text);
    field.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
  }, text);
}

const dialog = (page: Page) => page.getByRole('dialog', { name: /^Paste / });

test('a program that asked for it gets a paste in brackets, and none can end itself', async ({ page }) => {
  const terminal = await session.open(page);
  // Cut into rows that a phone has room for.
  await terminal.type("clear; stty raw -echo; printf '\\033[?2004hread%s\\r\\n' y; head -c 24 >/tmp/got; printf '\\033[?2004l'; stty sane; od -An -tx1 -w8 /tmp/got");
  await terminal.sees(/^ready$/m);
  await paste(page, 'one\ntwo\x1b[201~three');
  await terminal.sees('1b 5b 32 30 30 7e 6f 6e');
  await terminal.sees('65 0d 74 77 6f 74 68 72');
  await terminal.sees('65 65 1b 5b 32 30 31 7e');
  await expect(dialog(page)).toBeHidden();
});

test('several lines are asked about when the program would run them', async ({ page }) => {
  const terminal = await session.open(page);
  await terminal.type("clear; printf '\\033[?2004l'; cat");
  await expect.poll(() => terminal.screen()).toBe('');
  await paste(page, 'first\nsecond \u202e<b>\n');
  await expect(dialog(page)).toBeVisible();
  await expect(dialog(page)).toContainText('Paste 2 lines?');
  await expect(dialog(page).locator('pre')).toHaveText('first\nsecond \ufffd<b>');
  await dialog(page).getByRole('button', { name: 'Cancel' }).click();
  await expect(dialog(page)).toBeHidden();
  expect(await terminal.screen(), 'nothing was pasted').toBe('');

  await paste(page, 'third\nfourth\n');
  await expect(dialog(page).getByRole('button', { name: 'Paste' })).toBeFocused();
  await page.keyboard.press('Enter');
  await terminal.sees(/third\nthird\nfourth|third\nfourth\nthird/);
  await expect(dialog(page)).toBeHidden();
});

test('the keyboard is the terminal’s again after the question', { tag: '@desktop' }, async ({ axe, page }) => {
  const terminal = await session.open(page);
  await terminal.type("clear; printf '\\033[?2004l'; cat");
  await expect.poll(() => terminal.screen()).toBe('');
  await paste(page, 'a\nb\n');
  await expect(dialog(page)).toBeVisible();
  expect(await axe(page)).toEqual([]);
  await page.keyboard.press('Escape');
  await expect(dialog(page)).toBeHidden();
  await expect(page.locator('.pane-shown .xterm-helper-textarea')).toBeFocused();
});

test('the right button opens the browser’s menu, or pastes if that is what the person chose', { tag: '@desktop' }, async ({ api, context, page }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  // Whether the browser goes on to its menu, which no page can see.
  await page.addInitScript(() => {
    const menus: boolean[] = [];
    Object.assign(window, { menus });
    addEventListener('contextmenu', (event) => setTimeout(() => menus.push(!event.defaultPrevented)), true);
  });
  const menus = () => page.evaluate(() => (window as unknown as { menus: boolean[] }).menus);
  const terminal = await session.open(page);
  const screen = page.locator('.pane-shown .xterm-screen');
  await page.evaluate(() => navigator.clipboard.writeText('echo clicked-$((1 + 1))'));
  await terminal.type('clear; echo ready-$((1 + 1))');
  await terminal.sees(/^ready-2$/m);
  await screen.click({ button: 'right' });
  await expect.poll(menus).toEqual([true]);
  // What a paste would have written stood before this line's echo.
  await terminal.type('echo quiet-$((1 + 1))');
  await terminal.sees(/^quiet-2$/m);
  expect(await terminal.screen()).not.toContain('clicked');

  try {
    await page.keyboard.press('Control+,');
    const settings = page.getByRole('dialog', { name: 'Settings' });
    await settings.getByRole('switch', { name: 'Right click pastes' }).check();
    await page.keyboard.press('Escape');
    await expect(settings).toBeHidden();
    await screen.click({ button: 'right' });
    await terminal.sees('echo clicked-$((1 + 1))');
    expect(await menus()).toEqual([true, false]);
    await page.keyboard.press('Enter');
    await terminal.sees(/^clicked-2$/m);
  } finally {
    expect((await api.patch('/api/preferences', { data: { right_click_paste: false } })).ok()).toBe(true);
  }
});

test('10 MB arrive whole and in order', async ({ page }) => {
  test.setTimeout(2 * LARGE_LIMIT_MS);
  const terminal = await session.open(page);
  const size = 10 * 1024 * 1024;
  // Text in which no piece is like another, with characters of two bytes at odd places.
  let text = '';
  for (let line = 0; text.length < size; line += 1) text += `${line.toString(36)}é${(line * 2654435761) % 4294967296} `;
  const bytes = Buffer.from(text);
  const sum = createHash('sha256').update(bytes).digest('hex');
  await terminal.type(`clear; stty raw -echo; printf 'read%s\\r\\n' y; head -c ${bytes.length} | sha256sum; stty sane`);
  await terminal.sees(/^ready$/m);
  await paste(page, text);
  // A phone wraps the sum.
  await expect.poll(() => terminal.joined(), { timeout: LARGE_LIMIT_MS }).toContain(sum);
  await terminal.type('echo after-$((1 + 1))');
  await terminal.sees('after-2');
});
