// The clipboard: what a person copies, and what a program may and may not do with it.
import type { Page } from '@playwright/test';

import { expect, test } from '../fixtures.ts';
import { Terminal } from '../pages/terminal.ts';
import { eachInASession, placeOf } from '../support/session.ts';

const session = eachInASession();

test.beforeEach(async ({ context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
});

test('Ctrl+C copies what is selected, once, and interrupts otherwise', { tag: '@desktop' }, async ({ page }) => {
  const terminal = await session.open(page);
  await terminal.type('clear; echo pick-me; sleep 600');
  await terminal.sees(/^pick-me$/m);
  // The whole line twice over would be the command's.
  await page.evaluate(() => navigator.clipboard.writeText('before'));
  const { x, y } = await placeOf(page, 'pick-me');
  await page.mouse.dblclick(x, y);
  await page.keyboard.press('Control+c');
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toMatch(/pick-me/);
  expect(await terminal.screen(), 'sleep goes on').not.toContain('^C');
  await page.keyboard.press('Control+c');
  await terminal.sees('^C');
});

test('a program copies to the clipboard', async ({ page }) => {
  const terminal = await session.open(page);
  await terminal.type(`printf '\\033]52;c;%s\\007' "$(printf 'höher %s' copied | base64)"`);
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe('höher copied');
});

test('a program that asks what is on the clipboard hears nothing', async ({ page }) => {
  const terminal = await session.open(page);
  await page.evaluate(() => navigator.clipboard.writeText('a secret'));
  // Whatever an emulator answers would be input; half a second of silence is what `read` waits for.
  await terminal.type(`clear; printf '\\033]52;c;?\\007'; IFS= read -rs -t 2 -n 1 answer; echo "answer=[$answer] $((1 + 1))"`);
  await terminal.sees('answer=[] 2');
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('a secret');
});

test('where the browser refuses, the person is offered to copy', { tag: '@desktop' }, async ({ page }) => {
  await page.addInitScript(() => {
    const write = navigator.clipboard.writeText.bind(navigator.clipboard);
    let refused = false;
    navigator.clipboard.writeText = (text) => {
      if (refused) return write(text);
      refused = true;
      return Promise.reject(new DOMException('not now', 'NotAllowedError'));
    };
  });
  const terminal = await session.open(page);
  await terminal.type(`printf '\\033]52;c;%s\\007' "$(printf offered | base64)"`);
  await page.getByRole('button', { name: 'Copy', exact: true }).click();
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe('offered');
});

test('where the browser won’t have its clipboard read, the page says which keys paste', async ({ context, isMobile, page }) => {
  // With some leave given, all other is refused.
  await context.clearPermissions();
  await context.grantPermissions(['clipboard-write']);
  const terminal = await session.open(page);
  await paste(page, isMobile);
  await expect(page.locator('.toast')).toContainText('The browser doesn\'t let this page read the clipboard.');
  if (!isMobile) await expect(page.locator('.toast')).toContainText('Press Ctrl+Shift+V instead');
  await terminal.type('echo after-$((1 + 1))');
  await terminal.sees('after-2');
});

/** Asks the page to paste, which has to read the clipboard then. */
async function paste(page: Page, isMobile: boolean): Promise<void> {
  if (isMobile) await page.getByRole('toolbar', { name: 'Keys' }).getByRole('button', { name: 'Paste' }).tap();
  else await new Terminal(page).run('Paste');
}

test.describe('over plain HTTP', () => {
  // A name that no browser trusts without HTTPS, as it does `localhost` and 127.0.0.1; see the configuration.
  const plain = (origin: string) => origin.replace('127.0.0.1', 'berth.test');

  test.beforeEach(async ({ context, faults, signedIn }) => {
    // Chromium tells which of the server's headers it takes over HTTPS only.
    faults.expect(/Cross-Origin-Opener-Policy header has been ignored/);
    await context.addCookies(signedIn.map((cookie) => ({ ...cookie, domain: 'berth.test' })));
  });

  /** The terminal on a page that the browser lends no clipboard, and a page of this machine's that may read it. */
  async function open(page: Page, origin: string): Promise<{ terminal: Terminal; clipboard: () => Promise<string> }> {
    const reader = await page.context().newPage();
    await reader.goto(origin);
    await reader.evaluate(() => navigator.clipboard.writeText('before'));
    await page.goto(`${plain(origin)}/sessions/${session.id()}`);
    const terminal = await new Terminal(page).ready();
    expect(await page.evaluate(() => [isSecureContext, 'clipboard' in navigator])).toEqual([false, false]);
    return { terminal, clipboard: () => reader.evaluate(() => navigator.clipboard.readText()) };
  }

  test('what is selected is copied all the same', { tag: '@desktop' }, async ({ page, server }) => {
    const { terminal, clipboard } = await open(page, server.origin);
    await terminal.type('clear; echo pick-$((1 + 1))');
    await terminal.sees(/^pick-2$/m);
    const { x, y } = await placeOf(page, 'pick-2');
    await page.mouse.dblclick(x, y);
    await page.keyboard.press('Control+c');
    await expect.poll(clipboard).toMatch(/pick/);
    await expect(terminal.input, 'the keyboard is the terminal’s').toBeFocused();
    await page.mouse.dblclick(x, y);
    await page.keyboard.press('Control+Shift+c');
    await terminal.type('echo after-$((1 + 1))');
    await terminal.sees(/^after-2$/m);
  });

  test('what a program copies is offered, and a press copies it', async ({ page, server }) => {
    const { terminal, clipboard } = await open(page, server.origin);
    await terminal.type(`printf '\\033]52;c;%s\\007' "$(printf offered | base64)"`);
    await page.getByRole('button', { name: 'Copy', exact: true }).click();
    await expect.poll(clipboard).toBe('offered');
  });

  test('the browser’s own keys paste, and the page says so', { tag: '@desktop' }, async ({ page, server }) => {
    const { terminal } = await open(page, server.origin);
    await paste(page, false);
    await expect(page.locator('.toast')).toContainText('Press Ctrl+Shift+V instead');
    await terminal.type('clear; cat');
    await expect.poll(() => terminal.screen()).toBe('');
    await page.keyboard.press('Control+Shift+V');
    await terminal.sees(/^before/m);
  });
});
