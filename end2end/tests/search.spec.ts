// Finding something in what a terminal has said.
import { type Page } from '@playwright/test';

import { expect, test } from '../fixtures.ts';
import { eachInASession } from '../support/session.ts';

const LINES = 5_000;

const session = eachInASession();

/** How often a pattern stands in the lines that `seq` writes. */
function standing(pattern: RegExp): number {
  return Array.from({ length: LINES }, (_, line) => String(line + 1).match(pattern)?.length ?? 0).reduce((a, b) => a + b);
}

async function open(page: Page, isMobile: boolean): Promise<void> {
  if (isMobile) {
    await page.getByRole('button', { name: 'Commands' }).tap();
    await page.getByRole('combobox').fill('Find in terminal');
    await page.getByRole('option').first().tap();
  } else {
    await page.keyboard.press('Control+f');
  }
}

test('it counts and walks through the whole scrollback', async ({ axe, isMobile, page }) => {
  const terminal = await session.open(page);
  // A prompt with the machine's name might have any number in it.
  await terminal.type(`PS1='$ '; clear; seq ${LINES}; echo do-$((1 + 1))ne`);
  await terminal.sees('do-2ne');
  await open(page, isMobile);
  const field = page.getByRole('textbox', { name: 'Find in terminal' });
  const found = page.locator('.search-found');
  await expect(field).toBeFocused();
  await field.fill('777');
  const count = standing(/777/g);
  expect(count).toBeGreaterThan(3);
  await expect(found).toHaveText(new RegExp(`^\\d+ of ${count}$`));
  const place = async () => Number((await found.textContent())?.split(' ')[0]);
  const at = await place();
  const after = (by: number) => ((at - 1 + by + count) % count) + 1;
  await page.keyboard.press('Enter');
  await expect(found).toHaveText(`${after(1)} of ${count}`);
  await page.keyboard.press('Shift+Enter');
  await page.keyboard.press('Shift+Enter');
  await expect(found).toHaveText(`${after(-1)} of ${count}`);
  await page.getByRole('button', { name: 'Next match' }).click();
  await expect(found).toHaveText(`${at} of ${count}`);

  await page.getByRole('button', { name: 'Whole word' }).click();
  await expect(found).toHaveText('1 of 1');
  await expect.poll(() => terminal.screen()).toMatch(/^777$/m);
  await page.getByRole('button', { name: 'Whole word' }).click();
  await page.getByRole('button', { name: 'Regular expression' }).click();
  await field.fill('^49?99$');
  await expect(found).toHaveText(new RegExp(` of ${standing(/^49?99$/g)}$`));
  await field.fill('(');
  await expect(found).toHaveText('no results');
  expect(await axe(page)).toEqual([]);
  await page.emulateMedia({ colorScheme: 'light' });
  expect(await axe(page), 'in the light').toEqual([]);

  await page.getByRole('button', { name: 'Regular expression' }).click();
  await field.fill('DO-2NE');
  await expect(found).toHaveText('1 of 1');
  await page.getByRole('button', { name: 'Match case' }).click();
  await expect(found).toHaveText('no results');
  await field.press('Escape');
  await expect(field).toBeHidden();
  if (!isMobile) await expect(terminal.input).toBeFocused();
});

test('it searches the tile that has the keyboard', { tag: '@desktop' }, async ({ page }) => {
  const terminal = await session.open(page);
  await terminal.type('echo one-$((1 + 1))');
  await terminal.sees('one-2');
  await terminal.openTabs(2);
  await terminal.type('echo two-$((1 + 1)) two-$((1 + 1))');
  await terminal.sees('two-2 two-2');
  await page.keyboard.press('Control+Alt+2');
  const found = page.locator('.search-found');
  await page.keyboard.press('Control+f');
  await expect(page.locator('#pane-2').getByRole('search')).toBeVisible();
  await page.keyboard.type('two-2');
  await expect(found).toHaveText(/ of 2$/);
  await page.keyboard.press('Escape');
  await page.locator('#pane-1 .screen').click();
  await page.keyboard.press('Control+f');
  await expect(page.locator('#pane-1').getByRole('search')).toBeVisible();
  await page.keyboard.type('one-2');
  await expect(found).toHaveText('1 of 1');
  // The keys that move between tabs select text here.
  await page.keyboard.press('Control+Shift+ArrowLeft');
  await expect(page.getByRole('textbox', { name: 'Find in terminal' })).toBeFocused();
});
