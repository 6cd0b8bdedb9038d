// The clipboard: what a person copies, and what a program may and may not do with it.
import { expect, test } from '../fixtures.ts';
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
