// Several terminals side by side.
import { type Page } from '@playwright/test';

import { expect, test } from '../fixtures.ts';
import { eachInASession } from '../support/session.ts';

/** What the menu calls each layout, how many it shows, and its keys. */
const LAYOUTS = [
  { name: 'Two side by side', tiles: 2, keys: 'Control+Alt+2' },
  { name: 'One left, two right', tiles: 3, keys: 'Control+Alt+3' },
  { name: 'Four', tiles: 4, keys: 'Control+Alt+4' },
  { name: 'Six', tiles: 6, keys: 'Control+Alt+6' },
  { name: 'Tabs', tiles: 1, keys: 'Control+Alt+1' },
] as const;

const session = eachInASession();

/** Marks each terminal's own element, so that another in its place would be noticed. */
async function mark(page: Page): Promise<void> {
  await page.locator('.xterm').evaluateAll((terminals) => terminals.forEach((terminal) => terminal.setAttribute('data-marked', '')));
}

/** The boxes of the tiles, by their terminals. */
async function boxes(page: Page): Promise<Map<number, { x: number; y: number; width: number; height: number }>> {
  const found = await page.locator('.pane-shown').evaluateAll((panes) =>
    panes.map((pane) => {
      const { x, y, width, height } = pane.getBoundingClientRect();
      return [Number(pane.id.replace('pane-', '')), { x, y, width, height }] as const;
    }),
  );
  return new Map(found);
}

test('each layout is chosen in the menu and by its keys, and no terminal is made anew', { tag: '@desktop' }, async ({ page }) => {
  const terminal = await session.open(page);
  await terminal.openTabs(6);
  await mark(page);
  const menu = page.getByRole('button', { name: 'Layout' });
  for (const { name, tiles } of LAYOUTS) {
    await menu.click();
    await expect(page.getByRole('menuitemradio')).toHaveCount(LAYOUTS.length);
    await page.getByRole('menuitemradio', { name }).click();
    await expect(page.locator('.pane-shown')).toHaveCount(tiles);
    await expect(terminal.input, 'the keyboard is back in the terminal').toBeFocused();
  }
  for (const { tiles, keys } of LAYOUTS) {
    await page.keyboard.press(keys);
    await expect(page.locator('.pane-shown')).toHaveCount(tiles);
  }
  await expect(page.locator('.xterm[data-marked]')).toHaveCount(6);
  await expect(page.locator('.xterm')).toHaveCount(6);
});

test('tiles share the page without a gap, and their shells know their size', { tag: '@desktop' }, async ({ page }) => {
  const terminal = await session.open(page);
  await terminal.openTabs(4);
  await page.keyboard.press('Control+Alt+3');
  await expect(page.locator('.pane-shown')).toHaveCount(3);
  const shown = await terminal.shown();
  const tiles = await boxes(page);
  const [left, top, bottom] = shown.map((number) => tiles.get(number));
  if (!left || !top || !bottom) throw new Error('three tiles were expected');
  expect(left.height).toBeGreaterThan(top.height * 1.9);
  expect(top.x).toBeGreaterThan(left.x + left.width - 1);
  expect(bottom.y).toBeGreaterThan(top.y + top.height - 1);
  const cols = async () => {
    await terminal.type('clear; tput cols');
    return Number((await terminal.match(/^\d+$/m))[0]);
  };
  const half = await cols();
  await page.keyboard.press('Control+Alt+1');
  await expect.poll(cols).toBeGreaterThan(half * 1.7);
});

test('a click gives a tile the keyboard, and so do keys', { tag: '@desktop' }, async ({ page }) => {
  const terminal = await session.open(page);
  await terminal.openTabs(4);
  await page.keyboard.press('Control+Alt+4');
  for (const number of [1, 3]) {
    await page.locator(`#pane-${number} .screen`).click();
    await expect(page.locator(`#pane-${number} .xterm-helper-textarea`)).toBeFocused();
    await expect(terminal.tab(number)).toHaveAttribute('aria-current', 'true');
    await page.keyboard.type(`echo tile-$((${number} * 11))\n`);
    await terminal.sees(`tile-${number * 11}`);
  }
  await page.keyboard.press('Control+Shift+O');
  await expect(page.locator('#pane-4 .xterm-helper-textarea')).toBeFocused();
  await page.keyboard.press('Control+Shift+O');
  await expect(page.locator('#pane-1 .xterm-helper-textarea')).toBeFocused();
  await page.keyboard.press('Control+Shift+Digit2');
  await expect(page.locator('#pane-2 .xterm-helper-textarea')).toBeFocused();
});

test('closing falls back to the best fit', { tag: '@desktop' }, async ({ page }) => {
  const terminal = await session.open(page);
  await terminal.openTabs(5);
  await page.keyboard.press('Control+Alt+4');
  await expect.poll(() => terminal.shown()).toEqual([1, 2, 3, 5]);
  await page.getByRole('button', { name: 'Close terminal 2' }).click();
  await expect.poll(() => terminal.shown(), 'the fifth fills the place').toEqual([1, 3, 4, 5]);
  await page.getByRole('button', { name: 'Close terminal 4' }).click();
  await expect.poll(() => terminal.shown()).toEqual([1, 3, 5]);
  await expect(page.locator('.panes')).toHaveAttribute('data-layout', 'one-and-two');
  await page.keyboard.press('Control+Shift+Backspace');
  await expect.poll(() => terminal.shown(), 'the third had the keyboard').toEqual([1, 5]);
  await expect(page.locator('.panes')).toHaveAttribute('data-layout', 'columns');
  await terminal.tab(5).click();
  await terminal.tab(5).press('Delete');
  await expect.poll(() => terminal.shown()).toEqual([1]);
  await expect(page.locator('.panes')).toHaveAttribute('data-layout', 'tabbed');
});

test('asking for a hidden tab returns to tabs', { tag: '@desktop' }, async ({ page }) => {
  const terminal = await session.open(page);
  await terminal.openTabs(3);
  await page.keyboard.press('Control+Alt+2');
  await expect.poll(() => terminal.shown()).toEqual([1, 3]);
  await terminal.tab(1).click();
  expect(await terminal.shown()).toEqual([1, 3]);
  await terminal.tab(2).click();
  await expect.poll(() => terminal.shown()).toEqual([2]);
  await expect(page.locator('.panes')).toHaveAttribute('data-layout', 'tabbed');
  await expect(page.locator('#pane-2 .xterm-helper-textarea')).toBeFocused();
});

test('layout and tiles survive a reload, and each tile connects', { tag: '@desktop' }, async ({ page }) => {
  const terminal = await session.open(page);
  await terminal.openTabs(4);
  await terminal.tab(2).click();
  await page.keyboard.press('Control+Alt+2');
  await page.locator('#pane-1 .screen').click();
  await expect.poll(() => terminal.shown()).toEqual([1, 2]);
  await page.reload();
  await terminal.ready();
  await expect.poll(() => terminal.shown()).toEqual([1, 2]);
  await expect(terminal.tab(1)).toHaveAttribute('aria-current', 'true');
  await expect(page.locator('#pane-2 .xterm-rows')).toContainText('$');
});

test('four tiles break no rule, in the dark and in the light', { tag: '@desktop' }, async ({ axe, page }) => {
  const terminal = await session.open(page);
  await terminal.openTabs(4);
  await page.keyboard.press('Control+Alt+4');
  await expect(page.locator('.pane-shown')).toHaveCount(4);
  await expect(page.getByRole('tablist')).toHaveAttribute('aria-multiselectable', 'true');
  expect(await axe(page)).toEqual([]);
  await page.emulateMedia({ colorScheme: 'light' });
  expect(await axe(page), 'in the light').toEqual([]);
  await page.getByRole('button', { name: 'Layout' }).click();
  await expect(page.getByRole('menuitemradio').first()).toBeVisible();
  expect(await axe(page), 'with the menu').toEqual([]);
});

test('a phone shows one terminal, however they were arranged', { tag: '@phone' }, async ({ page }) => {
  const terminal = await session.open(page);
  await terminal.openTabs(4);
  await page.evaluate((key) => localStorage.setItem(key, '1234 2 1234 four'), `berth:tabs:${session.id()}`);
  await page.reload();
  await terminal.ready();
  await expect(terminal.tab(2)).toHaveAttribute('aria-selected', 'true');
  expect(await terminal.shown()).toEqual([2]);
  await expect(page.getByRole('button', { name: 'Layout' })).toBeHidden();
});
