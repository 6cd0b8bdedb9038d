// Addresses in a terminal: found, told, opened, and never anything but a web address.
import type { Page } from '@playwright/test';

import { expect, test } from '../fixtures.ts';
import { eachInASession, placeOf } from '../support/session.ts';

const session = eachInASession();

/** What the page opened, instead of opening it. */
async function opened(page: Page): Promise<() => Promise<string[][]>> {
  await page.addInitScript(() => {
    const calls: string[][] = [];
    Object.assign(window, { calls, open: (...args: string[]) => void calls.push(args) });
  });
  return () => page.evaluate(() => (window as unknown as { calls: string[][] }).calls);
}

async function follow(page: Page, text: string, isMobile: boolean): Promise<void> {
  const { x, y } = await placeOf(page, text);
  if (isMobile) {
    await page.touchscreen.tap(x, y);
  } else {
    await page.mouse.move(x, y);
    await page.keyboard.down('Control');
    await page.mouse.click(x, y);
    await page.keyboard.up('Control');
  }
}

test('an address opens in a tab that knows nothing of this one', async ({ isMobile, page }) => {
  const calls = await opened(page);
  const terminal = await session.open(page);
  await terminal.type("clear; printf 'see https://example.com/%s.\\n' one");
  await terminal.sees('see https://example.com/one.');
  await follow(page, 'example.com/one', isMobile);
  await expect.poll(calls).toEqual([['https://example.com/one', '_blank', 'noopener,noreferrer']]);
  await expect(page.getByRole('dialog'), 'it was there to be read').toBeHidden();
});

test('a click alone opens nothing, and the tip says where it leads', { tag: '@desktop' }, async ({ page }) => {
  const calls = await opened(page);
  const terminal = await session.open(page);
  await terminal.type("clear; printf 'https://google.com%sevil.example/x\\n' @");
  await terminal.sees('https://google.com@evil.example/x');
  const { x, y } = await placeOf(page, 'evil.example/x');
  await page.mouse.move(x, y);
  await expect(page.locator('.link-tip-host')).toHaveText('evil.example');
  await expect(page.locator('.link-tip-address')).toHaveText('https://google.com@evil.example/x');
  await page.mouse.click(x, y);
  await page.mouse.move(x, y + 100);
  await expect(page.locator('.link-tip')).toHaveCount(0);
  expect(await calls()).toEqual([]);
});

test('an address that a program broke within a box is one address', async ({ isMobile, page }) => {
  const calls = await opened(page);
  const terminal = await session.open(page);
  const pieces = ['https://example.com/aaaaaaaaaa', 'bbbbbbbbbbbbbbbbbbbbbbbbbb?c=1', 'dd&e=2'];
  const box = pieces.map((piece) => `│ ${piece.padEnd(30)} │\\n`).join('');
  await terminal.type(`clear; printf '${box}'`);
  await terminal.sees(/^│ dd&e=2/m);
  await follow(page, 'bbbbbbbbbbbb?c=1', isMobile);
  await expect.poll(async () => (await calls()).map(([url]) => url)).toEqual([pieces.join('')]);
});

test('a named link tells its real address, and only a web address is one', { tag: '@desktop' }, async ({ page }) => {
  const calls = await opened(page);
  const terminal = await session.open(page);
  const link = (url: string, text: string) => `\\033]8;;${url}\\033\\\\${text}\\033]8;;\\033\\\\\\n`;
  await terminal.type(
    `clear; printf '${link('https://evil.example/real', 'good-name')}${link('javascript:window.hurt=1', 'script-name')}` +
      `${link('data:text/html,<script>', 'data-name')}${link('file:///etc/passwd', 'file-name')}'`,
  );
  await terminal.sees(/^file-name$/m);
  const good = await placeOf(page, 'good-name');
  await page.mouse.move(good.x, good.y);
  await expect(page.locator('.link-tip-host')).toHaveText('evil.example');
  for (const name of ['script-name', 'data-name', 'file-name']) await follow(page, name, false);
  expect(await calls()).toEqual([]);
  expect(await page.evaluate(() => 'hurt' in window)).toBe(false);
  await follow(page, 'good-name', false);
  await expect.poll(async () => (await calls()).map(([url]) => url)).toEqual(['https://evil.example/real']);
});

test('a tap on a named link asks first, and tells where it leads', { tag: '@phone' }, async ({ axe, page }) => {
  const calls = await opened(page);
  const terminal = await session.open(page);
  const link = (url: string, text: string) => `\\033]8;;${url}\\033\\\\${text}\\033]8;;\\033\\\\\\n`;
  await terminal.type(
    `clear; printf '${link('https://google.com@evil.example/real', 'good-name')}${link('javascript:window.hurt=1', 'script-name')}'`,
  );
  await terminal.sees(/^script-name$/m);
  const dialog = page.getByRole('dialog', { name: 'Open this link?' });
  await follow(page, 'good-name', true);
  await expect(dialog.locator('strong')).toHaveText('evil.example');
  await expect(dialog.locator('pre')).toHaveText('https://google.com@evil.example/real');
  expect(await axe(page)).toEqual([]);
  await dialog.getByRole('button', { name: 'Cancel' }).tap();
  await expect(dialog).toBeHidden();
  expect(await calls()).toEqual([]);

  // Another cell: xterm.js looks for no link where the pointer was when it left.
  await follow(page, 'good-', true);
  await dialog.getByRole('button', { name: 'Open' }).tap();
  await expect.poll(calls).toEqual([['https://google.com@evil.example/real', '_blank', 'noopener,noreferrer']]);
  await expect(dialog).toBeHidden();

  await follow(page, 'script-name', true);
  await terminal.type('echo alive-$((1 + 1))');
  await terminal.sees('alive-2');
  await expect(dialog).toBeHidden();
  expect(await page.evaluate(() => 'hurt' in window)).toBe(false);
});

test('a link of 64 KiB is told in part, and the page goes on', { tag: '@desktop' }, async ({ page }) => {
  const terminal = await session.open(page);
  await terminal.type(
    `clear; printf '\\033]8;;https://example.com/%s\\033\\\\long-name\\033]8;;\\033\\\\\\n' "$(head -c 65500 /dev/zero | tr '\\0' a)"`,
  );
  await terminal.sees(/^long-name$/m);
  const { x, y } = await placeOf(page, 'long-name');
  await page.mouse.move(x, y);
  await expect(page.locator('.link-tip-host')).toHaveText('example.com');
  expect((await page.locator('.link-tip-address').textContent())?.length).toBeLessThan(1_000);
  await terminal.type('echo alive-$((1 + 1))');
  await terminal.sees('alive-2');
});

test('what a program prints is never markup', async ({ page }) => {
  const terminal = await session.open(page);
  const hurt = '<img src=x onerror=window.hurt=1>';
  await terminal.type(`clear; printf '\\033]0;${hurt}\\007\\033]9;${hurt}\\007%s\\n' 'https://example.com/"${hurt}'; echo end-$((1 + 1))`);
  await terminal.sees('end-2');
  await expect(page.locator('img[src="x"]')).toHaveCount(0);
  expect(await page.evaluate(() => 'hurt' in window)).toBe(false);
});
