// On a Mac ⌘ is the page's key, and Ctrl stays the program's.
import type { Page } from '@playwright/test';

import { expect, test } from '../fixtures.ts';
import { eachInASession, placeOf } from '../support/session.ts';

const session = eachInASession();

test.use({
  userAgent:
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36',
});

test.beforeEach(async ({ context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await context.addInitScript(() => {
    Object.defineProperty(Navigator.prototype, 'platform', { get: () => 'MacIntel' });
    Object.defineProperty(Navigator.prototype, 'userAgentData', { get: () => ({ platform: 'macOS', mobile: false, brands: [] }) });
  });
});

/** A terminal whose program shows each key that it gets. */
async function listening(page: Page) {
  const terminal = await session.open(page);
  await terminal.type('clear; stty raw -echo; printf "ready-$((1 + 1))\\r\\n"; cat -v');
  await terminal.sees('ready-2');
  return terminal;
}

test('⌘ opens the palette, the search and the settings, and no program hears of it', { tag: '@desktop' }, async ({ page }) => {
  const terminal = await listening(page);
  const settings = page.getByRole('dialog', { name: 'Settings' });
  for (const [keys, opened] of [
    ['Meta+k', page.getByRole('combobox', { name: 'Find a command' })],
    ['Meta+Shift+p', page.getByRole('combobox', { name: 'Find a command' })],
    ['Meta+f', page.getByRole('textbox', { name: 'Find in terminal' })],
    ['Meta+,', settings],
  ] as const) {
    await page.keyboard.press(keys);
    await expect(opened, keys).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(opened, keys).toBeHidden();
    await expect(terminal.input, keys).toBeFocused();
  }
  await page.keyboard.press('Meta+Shift+Enter');
  await expect(terminal.tab(2)).toHaveAttribute('aria-selected', 'true');
  await terminal.ready();
  await page.keyboard.press('Meta+Shift+ArrowLeft');
  await expect(terminal.tab(1)).toHaveAttribute('aria-selected', 'true');
  await expect(terminal.input).toBeFocused();
  await page.keyboard.type('x');
  await terminal.sees(/ready-2\n *x$/);
});

test('Ctrl and a letter is the program’s', { tag: '@desktop' }, async ({ page }) => {
  const terminal = await listening(page);
  for (const key of ['k', 'f', 'c', 'v', 'a']) await page.keyboard.press(`Control+${key}`);
  await terminal.sees('^K^F^C^V^A');
  await expect(page.getByRole('dialog')).toBeHidden();
  await expect(page.getByRole('search')).toBeHidden();
});

test('⌘C copies what is selected, and ⌘V is the browser’s', { tag: '@desktop' }, async ({ page }) => {
  const terminal = await listening(page);
  const clipboard = () => page.evaluate(() => navigator.clipboard.readText());
  await page.evaluate(() => navigator.clipboard.writeText('before'));
  await page.keyboard.press('Meta+c');
  expect(await clipboard(), 'nothing was selected').toBe('before');
  const { x, y } = await placeOf(page, 'ready-2');
  await page.mouse.dblclick(x, y);
  await page.keyboard.press('Meta+c');
  await expect.poll(clipboard).toMatch(/ready/);
  // The browser pastes by an event, which no key of a test makes here.
  const untouched = page.evaluate(
    () =>
      new Promise<boolean>((heard) => {
        addEventListener('keydown', (event) => {
          if (event.key === 'v') setTimeout(() => heard(!event.defaultPrevented));
        }, true);
        Object.assign(window, { listens: true });
      }),
  );
  await page.waitForFunction(() => 'listens' in window);
  await page.keyboard.press('Meta+v');
  expect(await untouched, 'the browser goes on with the key').toBe(true);
  await page.keyboard.type('z');
  await terminal.sees(/ready-2\n *z$/);
});

test('keys are written as on a Mac', { tag: '@desktop' }, async ({ page }) => {
  await session.open(page);
  await page.keyboard.press('Meta+k');
  const options = page.getByRole('option');
  for (const [title, keys] of [
    ['New terminal', '⌘⇧Enter'],
    ['Find in terminal', '⌘F'],
    ['Copy', '⌘C'],
    ['Paste', '⌘V'],
    ['Go to terminal 6', '⌃⇧6'],
    ['Layout: four', '⌃⌥4'],
    ['Leave the terminal for its tab', '⌃⇧M'],
  ] as const) {
    await expect(options.filter({ hasText: title }).filter({ hasText: keys }).first(), title).toBeAttached();
  }
});
