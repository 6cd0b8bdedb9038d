// What keyboards and input methods write arrives as it was meant: each recorded sequence is played as DOM events on the
// terminal's field, and both the bytes on the wire and what a program in the container reads are compared.
import { readFileSync } from 'node:fs';

import type { Page } from '@playwright/test';

import { expect, test } from '../fixtures.ts';
import { START_LIMIT_MS } from '../pages/terminal.ts';
import { eachInASession } from '../support/session.ts';

interface Told {
  type: string;
  key?: string;
  keyCode?: number;
  inputType?: string;
  data?: string | null;
  value?: string;
  primed?: number;
}

interface Case {
  name: string;
  device: 'touch' | 'desktop';
  apple?: boolean;
  events: Told[];
  sent: string;
  line: string;
}

const KEYBOARDS = ['gboard', 'samsung', 'ios', 'cjk', 'hangul'];
const IPHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1';

const cases = KEYBOARDS.flatMap((keyboard) => {
  const file = new URL(`../fixtures-input/${keyboard}.json`, import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as Case[]).map((one) => ({ ...one, keyboard }));
});

const session = eachInASession();

/** Collects what the page sends to terminals as input. */
function input(page: Page): Buffer[] {
  const sent: Buffer[] = [];
  page.on('websocket', (socket) => {
    socket.on('framesent', ({ payload }) => {
      if (typeof payload !== 'string') sent.push(payload);
    });
  });
  return sent;
}

/** Plays a sequence on the field, as a browser would: what a handler prevents doesn't change the field. */
async function play(page: Page, one: Case): Promise<void> {
  await page.evaluate((events) => {
    const field = document.querySelector<HTMLTextAreaElement>('.pane-shown .xterm-helper-textarea');
    if (!field) throw new Error('no field');
    field.focus();
    const sentinel = /^\u200b*/.exec(field.value)?.[0] ?? '';
    let composing = false;
    for (const told of events) {
      const common = { bubbles: true, cancelable: true, composed: true };
      if (told.value !== undefined) field.value = sentinel.slice(0, told.primed ?? sentinel.length) + told.value;
      if (told.type === 'keydown' || told.type === 'keypress') {
        const event = new KeyboardEvent(told.type, { ...common, key: told.key, isComposing: composing });
        // Not to be given to a constructor.
        Object.defineProperty(event, 'keyCode', { value: told.keyCode ?? 0 });
        field.dispatchEvent(event);
      } else if (told.type === 'input') {
        const init = { ...common, cancelable: false, inputType: told.inputType, data: told.data, isComposing: composing };
        field.dispatchEvent(new InputEvent('input', init));
      } else {
        composing = told.type !== 'compositionend';
        field.dispatchEvent(new CompositionEvent(told.type, { ...common, data: told.data ?? '' }));
      }
    }
  }, one.events);
}

async function replay(page: Page, played: typeof cases): Promise<void> {
  const sent = input(page);
  const terminal = await session.open(page);
  await terminal.type('stty -echo; PS1=; lines() { while IFS= read -r line; do printf "<%s>\\n" "$line"; done; }; clear; lines');
  await expect.poll(() => terminal.screen(), { timeout: START_LIMIT_MS }).toBe('');
  for (const [number, one] of played.entries()) {
    await test.step(`${one.keyboard}: ${one.name}`, async () => {
      sent.length = 0;
      await play(page, one);
      await expect.poll(() => Buffer.concat(sent).toString(), `${one.keyboard}: ${one.name}`).toBe(one.sent);
      // What comes late has come by then: the same terminal answers in order.
      const mark = `mark-${number}`;
      await page.keyboard.type(mark);
      await page.keyboard.press('Enter');
      await terminal.sees(`<${mark}>`);
      expect(Buffer.concat(sent).toString(), `nothing more: ${one.name}`).toBe(`${one.sent}${mark}\r`);
      // A tab is shown as spaces.
      const plain = (line = '') => line.replace(/\s+/g, ' ');
      const lines = (await terminal.screen()).split('\n');
      expect(plain(lines[lines.indexOf(`<${mark}>`) - 1]), one.name).toBe(plain(`<${one.line}>`));
    });
  }
}

test('Android keyboards and input methods lose and double nothing', { tag: '@phone' }, async ({ page }) => {
  test.setTimeout(180_000);
  await replay(page, cases.filter((one) => one.device === 'touch' && !one.apple));
});

test.describe('on an iPhone', () => {
  test.use({ userAgent: IPHONE });

  test('its keyboard loses and doubles nothing', { tag: '@phone' }, async ({ page }) => {
    test.setTimeout(180_000);
    await replay(page, cases.filter((one) => one.device === 'touch' && one.apple));
  });
});

test('an input method on a desktop is sent once', { tag: '@desktop' }, async ({ page }) => {
  await replay(page, cases.filter((one) => one.device === 'desktop'));
});

test('the field asks keyboards for plain text, and is primed', { tag: '@phone' }, async ({ page }) => {
  await session.open(page);
  const field = page.locator('.pane-shown .xterm-helper-textarea');
  for (const [name, value] of Object.entries({
    autocomplete: 'off',
    autocorrect: 'off',
    autocapitalize: 'off',
    spellcheck: 'false',
    enterkeyhint: 'enter',
  })) {
    await expect(field).toHaveAttribute(name, value);
  }
  await expect(field).toHaveAttribute('aria-label', /.+/);
  await expect(field).toHaveValue('\u200b\u200b\u200b\u200b');
});

test('what is composed is shown at the cursor until it is sent', { tag: '@phone' }, async ({ page }) => {
  const terminal = await session.open(page);
  const view = page.locator('.pane-shown .composition-view');
  await play(page, {
    name: '', device: 'touch', sent: '', line: '',
    events: [
      { type: 'compositionstart' },
      { type: 'compositionupdate', data: 'にほん' },
      { type: 'input', inputType: 'insertCompositionText', data: 'にほん', value: 'にほん' },
    ],
  });
  await expect(view).toHaveText('にほん');
  await expect(view).toBeVisible();
  await play(page, { name: '', device: 'touch', sent: '', line: '', events: [{ type: 'compositionend', data: 'にほん' }] });
  await expect(view).toBeHidden();
  await terminal.sees('にほん');
});
