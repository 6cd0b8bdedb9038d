// The strip of tabs: their order, what they say, and how they are closed.
import { type Page } from '@playwright/test';

import { expect, test } from '../fixtures.ts';
import { Terminal } from '../pages/terminal.ts';
import { eachInASession } from '../support/session.ts';

const session = eachInASession();

async function middle(page: Page, number: number): Promise<{ x: number; y: number }> {
  const box = await page.locator(`#tab-${number}`).boundingBox();
  if (!box) throw new Error(`tab ${number} is not on the page`);
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

test('a tab is dragged to its place, and the order survives a reload', { tag: '@desktop' }, async ({ page }) => {
  const terminal = await session.open(page);
  await terminal.openTabs(4);
  const from = await middle(page, 4);
  const to = await middle(page, 2);
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.mouse.move(to.x - 4, to.y, { steps: 8 });
  await expect.poll(() => terminal.numbers()).toEqual([1, 4, 2, 3]);
  await page.mouse.up();
  await expect(page.getByText('Terminal 4 is at place 2 of 4.')).toBeAttached();

  // Nothing goes before the first, and the first goes nowhere.
  const four = await middle(page, 4);
  await page.mouse.move(four.x, four.y);
  await page.mouse.down();
  await page.mouse.move(0, four.y, { steps: 8 });
  await page.mouse.up();
  const first = await middle(page, 1);
  await page.mouse.move(first.x, first.y);
  await page.mouse.down();
  await page.mouse.move(four.x + 200, first.y, { steps: 8 });
  await page.mouse.up();
  expect(await terminal.numbers()).toEqual([1, 4, 2, 3]);

  await page.reload();
  await terminal.ready();
  await expect.poll(() => terminal.numbers()).toEqual([1, 4, 2, 3]);
});

test('a tab is moved by keys, which is said, and keeps the keyboard', { tag: '@desktop' }, async ({ page }) => {
  const terminal = await session.open(page);
  await terminal.openTabs(3);
  await terminal.tab(3).focus();
  await page.keyboard.press('Alt+Shift+ArrowLeft');
  await expect.poll(() => terminal.numbers()).toEqual([1, 3, 2]);
  await expect(page.getByRole('status').filter({ hasText: 'Terminal 3 is at place 2 of 3.' })).toBeAttached();
  await expect(terminal.tab(3)).toBeFocused();
  await page.keyboard.press('Alt+Shift+ArrowLeft');
  await page.keyboard.press('Alt+Shift+ArrowRight');
  await expect.poll(() => terminal.numbers()).toEqual([1, 2, 3]);
  await expect(terminal.tab(3)).toBeFocused();
});

test('a finger that rests on a tab lifts it: moved it is sorted, still it may be closed', { tag: '@phone' }, async ({ page }) => {
  const terminal = await session.open(page);
  await terminal.openTabs(3);
  const touch = await page.context().newCDPSession(page);
  const send = (type: string, at?: { x: number; y: number }) =>
    touch.send('Input.dispatchTouchEvent', { type: type as 'touchStart', touchPoints: at ? [at] : [] });

  const from = await middle(page, 3);
  const to = await middle(page, 2);
  await send('touchStart', from);
  await expect(page.locator('.tab-lifted')).toHaveCount(1);
  await send('touchMove', { x: from.x - 20, y: from.y });
  await send('touchMove', { x: to.x - 10, y: from.y });
  await expect.poll(() => terminal.numbers()).toEqual([1, 3, 2]);
  await send('touchEnd');
  await expect(page.locator('.tab-lifted')).toHaveCount(0);

  // The third is active, so the second has no close button until it is pressed long.
  const close = page.getByTitle('Close terminal 2');
  await expect(close).toBeHidden();
  await send('touchStart', await middle(page, 2));
  await expect(page.locator('.tab-lifted')).toHaveCount(1);
  await send('touchEnd');
  await close.tap();
  await expect.poll(() => terminal.numbers()).toEqual([1, 3]);
});

test('what a browser has stored of the tabs may be anything', async ({ page }) => {
  const terminal = await session.open(page);
  await terminal.openTabs(2);
  for (const stored of ['<img src=x onerror=alert(1)>', '999999 9 999 seven', '21 2 21 tabbed', '{"open":[1,2,3]}', ' '.repeat(9_999)]) {
    await page.evaluate(([key, stored]) => localStorage.setItem(key, stored), [`berth:tabs:${session.id()}`, stored] as const);
    await page.reload();
    await terminal.ready();
    await expect.poll(() => terminal.numbers()).toEqual([1, 2]);
    expect(await terminal.shown()).toHaveLength(1);
  }
});

test('a program names its tab, as text only, and a bell marks one that is not looked at', async ({ page }) => {
  const terminal = await session.open(page);
  await terminal.type(`printf '\\033]0;<b id=injected>hi</b>\\007'; read -r`);
  await expect(terminal.tab(1)).toHaveAttribute('title', '<b id=injected>hi</b>');
  await expect(page.locator('#injected')).toHaveCount(0);
  await page.keyboard.press('Enter');

  await terminal.openTabs(2);
  await terminal.type('until [ -e /tmp/ring ]; do :; done; printf "\\a"; rm /tmp/ring');
  await terminal.tab(1).click();
  await terminal.sees(/[$#] ?$/m);
  await expect(terminal.tab(2).getByText('calls')).toHaveCount(0);
  await terminal.type('touch /tmp/ring');
  await expect(terminal.tab(2).getByText('calls')).toBeAttached();
  await terminal.tab(2).click();
  await expect(terminal.tab(2).getByText('calls')).toHaveCount(0);
});

test('the tab that is asked for comes into sight', { tag: '@phone' }, async ({ page }) => {
  const terminal = await session.open(page);
  await terminal.openTabs(6);
  await expect(terminal.tab(6)).toBeInViewport({ ratio: 0.9 });
  await page.getByRole('button', { name: 'Commands' }).tap();
  await page.getByRole('combobox').fill('Go to terminal 1');
  await page.getByRole('option').first().tap();
  await expect(terminal.tab(1)).toBeInViewport({ ratio: 0.9 });
});
