// How a terminal is drawn: its font, wide characters, the bell, one cursor, WebGL and its loss, and another's size.
import { type Locator, type Page, chromium } from '@playwright/test';

import { expect, test } from '../fixtures.ts';
import { START_LIMIT_MS, Terminal } from '../pages/terminal.ts';
import { eachInASession } from '../support/session.ts';

/** xterm.js waits 3 s for a lost context to come back before it says so. */
const LOSS_LIMIT_MS = 15_000;

const session = eachInASession();

const shown = (page: Page): Locator => page.locator('.pane-shown .screen');

/** Where a character of the screen is, CSS pixels from its line's start. */
async function place(page: Page, line: RegExp, character: string): Promise<number> {
  return shown(page).evaluate(
    (screen, [pattern, sought]) => {
      const lines = [...screen.querySelectorAll('.xterm-rows > div')];
      const found = lines.find((line) => new RegExp(pattern).test(line.textContent ?? ''));
      if (!found) return NaN;
      const walker = document.createTreeWalker(found, NodeFilter.SHOW_TEXT);
      for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const at = node.textContent?.indexOf(sought) ?? -1;
        if (at < 0) continue;
        const range = document.createRange();
        range.setStart(node, at);
        range.setEnd(node, at + 1);
        return range.getBoundingClientRect().left - found.getBoundingClientRect().left;
      }
      return NaN;
    },
    [line.source, character] as const,
  );
}

test('a terminal has the font that suits the screen', async ({ isMobile, page }) => {
  await session.open(page);
  const rows = shown(page).locator('.xterm-rows');
  await expect(rows).toHaveCSS('font-size', isMobile ? '13px' : '14px');
  await expect(rows).toHaveCSS('font-family', /^"JetBrains Mono"/);
  expect(await page.evaluate(() => document.fonts.check('14px "JetBrains Mono"'))).toBe(true);
});

test('wide characters take two cells in the page as in the guest', { tag: '@desktop' }, async ({ page }) => {
  const terminal = await session.open(page);
  for (const [text, cells] of [
    ['0123456789', 10],
    ['日本語', 6],
    ['😀🚀', 4],
    ['한글', 4],
    ['e\u0301', 1],
    ['┌─┐', 3],
  ] as const) {
    await terminal.type(`clear; stty -echo; printf '%s#\\033[6n\\n' '${text}'; read -rd R answer; stty echo; printf '<%s>\\n' "\${answer#*;}"`);
    // The guest says where its cursor is, and the page draws the mark there.
    await terminal.sees(`<${cells + 2}>`);
    const off = async () => {
      const width = (await place(page, /^<\d+>/, '>')) / `<${cells + 2}`.length;
      return Math.abs((await place(page, /#/, '#')) / width - cells);
    };
    await expect.poll(off, text).toBeLessThan(0.1);
  }
});

test('the bell shows, and is kept for a tab that nobody looks at', { tag: '@desktop' }, async ({ page }) => {
  const terminal = await session.open(page);
  // It is a flash: asked for now and then, it would be missed on a busy machine.
  await page.evaluate(() => {
    const seen = new MutationObserver(() => {
      if (document.querySelector('.pane-shown .screen-rings')) document.documentElement.dataset.rang = 'yes';
    });
    seen.observe(document.body, { subtree: true, attributes: true, attributeFilter: ['class'] });
  });
  await terminal.type("printf '\\a'");
  await expect(page.locator('html')).toHaveAttribute('data-rang', 'yes');
  await expect(page.locator('.screen-rings')).toHaveCount(0);
});

test('there is one cursor, and none where a program hides it', async ({ page }) => {
  const terminal = await session.open(page);
  await expect(shown(page).locator('.xterm-helper-textarea')).toHaveCSS('caret-color', 'rgba(0, 0, 0, 0)');
  // A phone shows it with the first key: nothing has the keyboard before.
  await terminal.type('');
  await expect(shown(page).locator('.xterm-cursor')).toHaveCount(1);
  await terminal.type("printf '\\033[?25l'");
  await expect(shown(page).locator('.xterm-cursor')).toHaveCount(0);
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
  await expect(shown(page).locator('.xterm-cursor')).toHaveCount(0);
});

test('who watches sees all of a larger screen, and none of it is cut', { tag: '@desktop' }, async ({ context, page }) => {
  const driver = await session.open(page);
  await driver.type('clear; printf "%$(($(tput cols) - 3))s\\n" end; stty size');
  await driver.sees(/^\d+ \d+$/m);
  const other = await context.newPage();
  await other.setViewportSize({ width: 480, height: 420 });
  await other.goto(`/sessions/${session.id()}`);
  const watcher = new Terminal(other);
  await expect(watcher.chip).toHaveText('connected', { timeout: START_LIMIT_MS });
  await watcher.sees('end');
  // The driver's prompt may come meanwhile.
  await expect(async () => expect(await watcher.screen()).toBe(await driver.screen())).toPass({ timeout: START_LIMIT_MS });
  const whole = async () => {
    const room = await shown(other).boundingBox();
    const taken = await shown(other).locator('.xterm-screen').boundingBox();
    if (!room || !taken) return 'nothing is there';
    const inside =
      taken.x >= room.x - 1 &&
      taken.y >= room.y - 1 &&
      taken.x + taken.width <= room.x + room.width + 1 &&
      taken.y + taken.height <= room.y + room.height + 1;
    return inside ? 'inside' : JSON.stringify({ room, taken });
  };
  await expect.poll(whole).toBe('inside');
  await other.setViewportSize({ width: 240, height: 300 });
  await expect.poll(whole).toBe('inside');
  await other.getByRole('button', { name: 'Take control' }).click();
  await expect(shown(other)).not.toHaveClass(/screen-watched/);
  await expect(shown(page)).toHaveClass(/screen-watched/);
});

test('WebGL draws where it is fast, and the DOM once its contexts are lost', { tag: '@desktop' }, async ({ server, signedIn }) => {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--ignore-gpu-blocklist'],
  });
  try {
    const context = await browser.newContext({ baseURL: server.origin, viewport: { width: 1280, height: 800 } });
    await context.addCookies(signedIn);
    await context.addInitScript(() => {
      // This machine has WebGL by software only, which the page would not use.
      const contexts: WebGL2RenderingContext[] = [];
      const get = HTMLCanvasElement.prototype.getContext;
      HTMLCanvasElement.prototype.getContext = function (this: HTMLCanvasElement, kind: string, options?: object) {
        const made = get.call(this, kind, { ...options, failIfMajorPerformanceCaveat: false });
        if (kind === 'webgl2' && made) contexts.push(made as WebGL2RenderingContext);
        return made;
      } as typeof get;
      const parameter = WebGL2RenderingContext.prototype.getParameter;
      const UNMASKED_RENDERER_WEBGL = 0x9246;
      WebGL2RenderingContext.prototype.getParameter = function (this: WebGL2RenderingContext, name: number) {
        return name === UNMASKED_RENDERER_WEBGL ? 'a fast one' : parameter.call(this, name);
      };
      Object.assign(globalThis, {
        loseContexts: () => contexts.splice(0).forEach((made) => made.getExtension('WEBGL_lose_context')?.loseContext()),
      });
    });
    const page = await context.newPage();
    await page.goto(`/sessions/${session.id()}`);
    await expect(page.locator('.chip')).toHaveText('connected', { timeout: START_LIMIT_MS });
    const canvas = page.locator('.pane-shown .xterm-screen canvas:not(.xterm-link-layer)');
    const rows = page.locator('.pane-shown .xterm-rows');
    await expect(canvas).toHaveCount(1);
    await expect(rows).toHaveCount(0);
    const lose = () => page.evaluate(() => (globalThis as unknown as { loseContexts(): void }).loseContexts());
    const first = await canvas.elementHandle();
    await lose();
    // Once, it is tried again.
    await expect.poll(() => first?.evaluate((node) => node.isConnected), { timeout: LOSS_LIMIT_MS }).toBe(false);
    await expect(canvas).toHaveCount(1);
    await lose();
    await expect(rows).toHaveCount(1, { timeout: LOSS_LIMIT_MS });
    await expect(canvas).toHaveCount(0);
    const terminal = new Terminal(page);
    await terminal.type('echo drawn-$((1 + 1))');
    await terminal.sees('drawn-2');
  } finally {
    await browser.close();
  }
});
