// A terminal under a finger: the keyboard's place, the key bar, gestures, and coming back from the background.
import type { Locator, Page, WebSocketRoute } from '@playwright/test';

import { expect, test } from '../fixtures.ts';
import { Terminal } from '../pages/terminal.ts';
import { eachInASession } from '../support/session.ts';
import { Fingers, type Point } from '../support/touch.ts';

/** Where a keyboard of the size of Gboard's would begin, from the bottom. */
const KEYBOARD = 300;

/** How long a page that comes back may take until it is connected. */
const BACK_LIMIT_MS = 1_000;

const session = eachInASession();

async function box(locator: Locator) {
  const found = await locator.boundingBox();
  if (!found) throw new Error('not on the page');
  return found;
}

const field = (page: Page) => page.locator('.pane-shown .xterm-helper-textarea');
const key = (page: Page, name: string) => page.getByRole('toolbar', { name: 'Keys' }).getByRole('button', { name, exact: true });

/** The middle of the row that has `text`. */
async function rowOf(page: Page, text: string): Promise<Point & { left: number }> {
  const row = await box(page.locator('.pane-shown .xterm-rows > div').filter({ hasText: text }).last());
  return { x: row.x + 40, y: row.y + row.height / 2, left: row.x };
}

/** Prints so many lines that there is something to scroll, the last one by itself. */
async function fill(terminal: Terminal): Promise<void> {
  await terminal.type('clear; seq -f "line %g" 200; echo end-$((1 + 1))');
  await terminal.sees('end-2');
}

/** What `cat -v` shows of the bytes that follow. Nothing else echoes them by the time this is done. */
async function listen(terminal: Terminal): Promise<void> {
  await terminal.type('clear; stty -icanon -echo; echo ready-$((1 + 1)); cat -v');
  await terminal.sees('ready-2');
}

async function promptIsAbove(page: Page, limit: number): Promise<void> {
  await expect(async () => {
      const rows = page.locator('.pane-shown .xterm-rows > div');
      const prompt = await box(rows.filter({ hasText: 'end-2' }).last());
      const last = await box(rows.last());
      const bar = await box(page.getByRole('toolbar', { name: 'Keys' }));
      expect(prompt.y).toBeGreaterThanOrEqual(0);
      expect(last.y + last.height).toBeLessThanOrEqual(bar.y + 1);
      expect(bar.y + bar.height).toBeLessThanOrEqual(limit + 1);
  }).toPass({ timeout: 10_000 });
}

test('with the keyboard over the page, the prompt and the key bar are above it', { tag: '@phone' }, async ({ page }) => {
  await page.addInitScript(() => {
    const keyboard = Object.assign(new EventTarget(), { overlaysContent: false, boundingRect: new DOMRect() });
    Object.defineProperty(navigator, 'virtualKeyboard', { value: keyboard, configurable: true });
  });
  const terminal = await session.open(page);
  await fill(terminal);
  const { height } = page.viewportSize() ?? { height: 0 };
  const open = (by: number) =>
    page.evaluate((by) => {
      const keyboard = (navigator as unknown as { virtualKeyboard: EventTarget & { boundingRect: DOMRect } }).virtualKeyboard;
      keyboard.boundingRect = new DOMRect(0, innerHeight - by, innerWidth, by);
      keyboard.dispatchEvent(new Event('geometrychange'));
    }, by);
  expect(
    await page.evaluate(() => (navigator as unknown as { virtualKeyboard: { overlaysContent: boolean } }).virtualKeyboard.overlaysContent),
  ).toBe(true);
  await open(KEYBOARD);
  await promptIsAbove(page, height - KEYBOARD);
  await expect(page.locator('.terminal-page')).toHaveCSS('height', `${height - KEYBOARD}px`);
  await open(0);
  await expect(page.locator('.terminal-page')).toHaveCSS('height', `${height}px`);
  await promptIsAbove(page, height);
});

test('without that, the visual viewport says where the keyboard is, and a pinch is none', { tag: '@phone' }, async ({ page }) => {
  await page.addInitScript(() => {
    delete (Navigator.prototype as unknown as { virtualKeyboard?: unknown }).virtualKeyboard;
    const faked: Record<string, number | undefined> = {};
    Object.assign(window, { faked });
    for (const name of ['height', 'offsetTop', 'scale'] as const) {
      const real = Object.getOwnPropertyDescriptor(VisualViewport.prototype, name)?.get;
      Object.defineProperty(VisualViewport.prototype, name, {
        get() {
          return faked[name] ?? real?.call(this);
        },
      });
    }
  });
  const terminal = await session.open(page);
  await fill(terminal);
  const { height } = page.viewportSize() ?? { height: 0 };
  const show = (values: Record<string, number>) =>
    page.evaluate((values) => {
      Object.assign((window as unknown as { faked: object }).faked, values);
      visualViewport?.dispatchEvent(new Event('resize'));
    }, values);
  const whole = page.locator('.terminal-page');
  await show({ height: height - KEYBOARD });
  await promptIsAbove(page, height - KEYBOARD);
  // Safari pushes the page up: then it begins where the visual viewport does.
  await show({ height: height - KEYBOARD, offsetTop: 100 });
  await expect(whole).toHaveCSS('top', '100px');
  await promptIsAbove(page, height - KEYBOARD + 100);
  await show({ height, offsetTop: 0 });
  await expect(whole).toHaveCSS('height', `${height}px`);
  await show({ height: height / 2, offsetTop: 50, scale: 2 });
  await expect(whole).toHaveCSS('height', `${height}px`);
});

test.describe('in Samsung Internet', () => {
  test.use({
    userAgent:
      'Mozilla/5.0 (Linux; Android 14; SM-S911B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36',
  });

  test('its bottom bar is left free', { tag: '@phone' }, async ({ page }) => {
    await session.open(page);
    const { height } = page.viewportSize() ?? { height: 0 };
    await expect(page.locator('.terminal-page')).toHaveCSS('height', `${height - 48}px`);
  });
});

test('the key bar sends keys and leaves the keyboard where it is', { tag: '@phone' }, async ({ page }) => {
  const terminal = await session.open(page);
  await listen(terminal);
  await expect(field(page)).toBeFocused();
  for (const name of ['Escape', 'Left', 'Home', 'Page up', 'Pipe', 'Tilde']) {
    await key(page, name).tap();
    await expect(field(page)).toBeFocused();
  }
  await terminal.sees('^[^[[D^[[H^[[5~|~');
  for (const button of await page.getByRole('toolbar', { name: 'Keys' }).getByRole('button').all()) {
    const { width, height } = await box(button);
    expect(Math.min(width, height)).toBeGreaterThanOrEqual(40);
  }
  await key(page, 'Hide keyboard').tap();
  await expect(field(page)).not.toBeFocused();
});

test('Ctrl on the bar is for the next key, and locked by a second tap', { tag: '@phone' }, async ({ page }) => {
  const terminal = await session.open(page);
  await listen(terminal);
  const ctrl = key(page, 'Ctrl');
  await ctrl.tap();
  await expect(ctrl).toHaveAttribute('aria-pressed', 'true');
  await page.keyboard.type('a');
  await expect(ctrl).toHaveAttribute('aria-pressed', 'false');
  await page.keyboard.type('b');
  await terminal.sees('^Ab');
  // Both taps at once: a machine that is busy with something else may take its time between two.
  await ctrl.evaluate((button: HTMLElement) => {
    button.click();
    button.click();
  });
  const locked = key(page, 'Ctrl, locked');
  await expect(locked).toBeVisible();
  await page.keyboard.type('e');
  await terminal.sees('^Ab^E');
  await expect(locked).toBeVisible();
  await page.keyboard.type('f');
  await terminal.sees('^Ab^E^F');
  await locked.tap();
  await page.keyboard.type('g');
  await terminal.sees('^Ab^E^Fg');
  await key(page, 'Alt').tap();
  await key(page, 'Left').tap();
  await terminal.sees('^Ab^E^Fg^[[1;3D');
});

test('its keys are arranged in the settings, and stay so', { tag: '@phone' }, async ({ api, page }) => {
  const { key_bar: usual } = await (await api.get('/api/preferences')).json();
  const terminal = await session.open(page);
  const keys = () => page.getByRole('toolbar', { name: 'Keys' }).getByRole('button').allTextContents();
  const before = await keys();
  expect(before.slice(0, 3)).toEqual(['Esc', 'Tab', 'Ctrl']);
  try {
    await page.getByRole('button', { name: 'Commands' }).tap();
    await page.getByRole('combobox').fill('Settings');
    await page.getByRole('option').first().tap();
    const list = page.getByRole('list', { name: 'Keys of the bar' });
    const arranged = () => list.locator('[data-key-index]').allTextContents();
    await list.scrollIntoViewIfNeeded();
    await expect.poll(arranged).toEqual(before);

    // A finger draws the first key onto the third.
    const fingers = await Fingers.on(page);
    const middle = async (at: number) => {
      const { x, y, width, height } = await box(list.locator(`[data-key-index="${at}"]`));
      return { x: x + width / 2, y: y + height / 2 };
    };
    const answer = () => page.waitForResponse((response) => response.url().includes('/rpc/preferences/change') && response.ok());
    let saved = answer();
    await fingers.swipe(await middle(0), await middle(2));
    await expect.poll(arranged).toEqual(['Tab', 'Ctrl', 'Esc', ...before.slice(3)]);
    await saved;
    // And the keyboard of a tablet.
    saved = answer();
    await list.getByRole('button', { name: 'Escape, key 3 of the bar' }).press('ArrowLeft');
    await expect.poll(arranged).toEqual(['Tab', 'Esc', 'Ctrl', ...before.slice(3)]);
    await list.getByRole('button', { name: 'Remove Tab' }).tap();
    const wanted = ['Esc', 'Ctrl', ...before.slice(3)];
    await expect.poll(arranged).toEqual(wanted);
    await expect(page.getByRole('button', { name: 'Add Tab' })).toBeVisible();
    await saved;
    await page.getByRole('button', { name: 'Close settings' }).tap();
    await expect.poll(keys, 'shown at once').toEqual(wanted);
    await page.reload();
    await terminal.ready();
    expect(await keys(), 'kept').toEqual(wanted);
  } finally {
    expect((await api.patch('/api/preferences', { data: { key_bar: usual } })).ok()).toBe(true);
  }
});

test('a key that is held repeats until it is let go', { tag: '@phone' }, async ({ page }) => {
  const terminal = await session.open(page);
  await listen(terminal);
  const fingers = await Fingers.on(page);
  const left = await box(key(page, 'Left'));
  await fingers.down({ x: left.x + left.width / 2, y: left.y + left.height / 2 });
  const arrows = async () => (await terminal.joined()).match(/\^\[\[D/g)?.length ?? 0;
  await expect.poll(arrows).toBeGreaterThan(3);
  await fingers.up();
  await page.keyboard.type('z');
  await terminal.sees('z');
  const then = await arrows();
  await page.keyboard.type('y');
  await terminal.seesWrapped('zy');
  expect(await arrows()).toBe(then);
});

test('a swipe along the line moves the cursor of the program', { tag: '@phone' }, async ({ page }) => {
  const terminal = await session.open(page);
  await listen(terminal);
  const fingers = await Fingers.on(page);
  const row = await rowOf(page, 'ready-2');
  await fingers.swipe({ x: row.left + 60, y: row.y }, { x: row.left + 100, y: row.y });
  await terminal.sees('^[[C^[[C');
  await fingers.swipe({ x: row.left + 160, y: row.y }, { x: row.left + 120, y: row.y });
  await terminal.sees('^[[D^[[D');
});

test('a vertical swipe scrolls, glides on, and no program hears of it', { tag: '@phone' }, async ({ page }) => {
  const terminal = await session.open(page);
  await fill(terminal);
  const fingers = await Fingers.on(page);
  const screen = await box(page.locator('.pane-shown .screen'));
  const x = screen.x + screen.width / 2;
  await fingers.swipe({ x, y: screen.y + 100 }, { x, y: screen.y + 400 });
  await expect.poll(() => terminal.screen()).toMatch(/^(?![^]*end-2)[^]*line 1\d\d/);
});

test('where a program has the screen a vertical swipe is its arrows', { tag: '@phone' }, async ({ page }) => {
  const terminal = await session.open(page);
  await terminal.type("printf '\\033[?1049h'; clear; stty -icanon -echo; echo whole-$((1 + 1)); cat -v");
  await terminal.sees('whole-2');
  const fingers = await Fingers.on(page);
  const screen = await box(page.locator('.pane-shown .screen'));
  const x = screen.x + screen.width / 2;
  await fingers.swipe({ x, y: screen.y + 400 }, { x, y: screen.y + 100 });
  await terminal.sees('^[[B^[[B^[[B');
  expect(await terminal.screen()).not.toContain('^[[A');
});

test('a program that has the mouse gets a wheel', { tag: '@phone' }, async ({ page }) => {
  const terminal = await session.open(page);
  await terminal.type("clear; printf '\\033[?1000h\\033[?1006h'; stty -icanon -echo; echo mouse-$((1 + 1)); cat -v");
  await terminal.sees('mouse-2');
  const fingers = await Fingers.on(page);
  const screen = await box(page.locator('.pane-shown .screen'));
  const x = screen.x + screen.width / 2;
  await fingers.swipe({ x, y: screen.y + 100 }, { x, y: screen.y + 200 });
  // 64 is the wheel, away from the person.
  await terminal.sees('^[[<64;');
});

test('a long press selects a word, handles extend it, and the bar copies', { tag: '@phone' }, async ({ context, page }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const terminal = await session.open(page);
  await terminal.type('clear; echo alpha-$((1 + 1)) beta gamma');
  await terminal.sees('alpha-2 beta gamma');
  const fingers = await Fingers.on(page);
  const row = await rowOf(page, 'alpha-2');
  await fingers.down({ x: row.left + 20, y: row.y });
  const last = page.locator('.pane-shown .selection-handle[data-handle="last"]');
  await expect(last).toBeVisible();
  await fingers.up();
  const bar = page.getByRole('toolbar', { name: 'Selection' });
  await expect(bar).toBeVisible();
  const clipboard = () => page.evaluate(() => navigator.clipboard.readText());
  const handle = await box(last);
  const from = { x: handle.x + handle.width / 2, y: handle.y + 12 };
  await fingers.swipe(from, { x: from.x + 36, y: from.y });
  await bar.getByRole('button', { name: 'Copy' }).tap();
  await expect.poll(clipboard).toMatch(/^alpha-2 be/);
  await expect(bar).toBeHidden();
  await expect(last).toBeHidden();
});

test('a tap brings the keyboard, and two quick ones select nothing', { tag: '@phone' }, async ({ page }) => {
  const terminal = await session.open(page);
  await terminal.type('clear; echo word-$((1 + 1))');
  await terminal.sees('word-2');
  await field(page).blur();
  const row = await rowOf(page, 'word-2');
  await page.touchscreen.tap(row.x, row.y);
  await expect(field(page)).toBeFocused();
  await page.touchscreen.tap(row.x, row.y);
  await page.touchscreen.tap(row.x, row.y);
  await expect(field(page)).toBeFocused();
  await expect(page.locator('.pane-shown .xterm-selection div')).toHaveCount(0);
});

test('two fingers change the size of the font, and the page stays as it is', { tag: '@phone' }, async ({ page }) => {
  await session.open(page);
  const rows = () => page.locator('.pane-shown .xterm-rows > div').count();
  const before = await rows();
  const fingers = await Fingers.on(page);
  const { x, y } = { x: 200, y: 300 };
  await fingers.down({ x: x - 40, y }, { x: x + 40, y });
  for (let step = 1; step <= 8; step += 1) await fingers.move({ x: x - 40 - step * 5, y }, { x: x + 40 + step * 5, y });
  await fingers.up();
  await expect.poll(rows).toBeLessThan(before);
  expect(await page.evaluate(() => visualViewport?.scale)).toBe(1);
});

test('back from the background, it is connected within a second', { tag: '@phone' }, async ({ page }) => {
  const open: WebSocketRoute[] = [];
  await page.routeWebSocket(/\/api\/terminal\//, (socket) => {
    open.push(socket);
    socket.connectToServer();
  });
  const terminal = await session.open(page);
  // By the page's own clock: how long until the chip says so.
  await terminal.chip.evaluate((chip) => {
    const back = { began: NaN, took: NaN };
    Object.assign(window, { back });
    document.addEventListener('visibilitychange', () => (back.began = performance.now()), true);
    new MutationObserver(() => {
      if (chip.textContent === 'connected') back.took = performance.now() - back.began;
    }).observe(chip, { childList: true, characterData: true, subtree: true });
  });
  const see = (state: string) =>
    page.evaluate((state) => {
      Object.defineProperty(document, 'visibilityState', { value: state, configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
    }, state);
  await see('hidden');
  for (const socket of open.splice(0)) await socket.close({ code: 1013 });
  await expect(terminal.chip).not.toHaveText('connected');
  expect(open, 'nobody looks, so nothing is tried').toHaveLength(0);
  await see('visible');
  await expect(terminal.chip).toHaveText('connected');
  expect(await page.evaluate(() => (window as unknown as { back: { took: number } }).back.took)).toBeLessThan(BACK_LIMIT_MS);
  await terminal.type('echo back-$((1 + 1))');
  await terminal.sees('back-2');
});

test('it can be installed', { tag: '@phone' }, async ({ page, request }) => {
  await page.goto('/');
  const href = await page.locator('link[rel="manifest"]').getAttribute('href');
  const manifest = (await (await request.get(href ?? '')).json()) as {
    display: string;
    icons: { src: string; sizes: string; type: string; purpose: string }[];
  };
  expect(manifest.display).toBe('standalone');
  for (const [sizes, purpose] of [['192x192', 'any'], ['512x512', 'any'], ['512x512', 'maskable']]) {
    const icon = manifest.icons.find((icon) => icon.sizes === sizes && icon.purpose === purpose && icon.type === 'image/png');
    const got = await request.get(icon?.src ?? '/missing');
    expect(got.ok(), `${sizes} ${purpose}`).toBe(true);
    expect(got.headers()['content-type']).toBe('image/png');
    // The size as the PNG's header has it.
    const body = await got.body();
    expect(`${body.readUInt32BE(16)}x${body.readUInt32BE(20)}`).toBe(sizes);
  }
  const touchIcon = await page.locator('link[rel="apple-touch-icon"]').getAttribute('href');
  expect((await request.get(touchIcon ?? '/missing')).ok()).toBe(true);
});
