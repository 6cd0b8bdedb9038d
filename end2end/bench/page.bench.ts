// How the page itself performs, by the browser's own clock: its marks, its frames and its long tasks.
import { type BrowserContext, type Page } from '@playwright/test';

import { expect, test } from '../fixtures.ts';
import { START_LIMIT_MS } from '../pages/terminal.ts';
import { eachInASession } from '../support/session.ts';
import { QUICK, percentile, report } from './measures.ts';

const KEYS = QUICK ? 40 : 200;
/** A frame at 60 Hz. */
const FRAME_MS = 1000 / 60;
const FLOOD_BYTES = QUICK ? 20_000_000 : 100_000_000;
const LOADS = QUICK ? 3 : 7;
const CUTS = QUICK ? 3 : 10;
/** For how long frames are counted, milliseconds. */
const WATCH_MS = QUICK ? 3_000 : 8_000;
const FLOOD_LIMIT_MS = 150_000;
const TERMINALS = 6;

const session = eachInASession();

/** What the page saw: when each of our marks was made, long tasks, and when sockets opened. */
interface Seen {
  marks: { name: string; at: number }[];
  tasks: number[];
  opened: number[];
}

/** Has every page of a context keep what it sees, in `seen`. */
async function watch(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    const seen: Seen = { marks: [], tasks: [], opened: [] };
    Object.assign(globalThis, { seen });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        if (entry.name.startsWith('berth:')) seen.marks.push({ name: entry.name, at: entry.startTime });
      }
    }).observe({ type: 'mark', buffered: true });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) seen.tasks.push(entry.duration);
    }).observe({ type: 'longtask', buffered: true });
    const Plain = globalThis.WebSocket;
    globalThis.WebSocket = class extends Plain {
      constructor(url: string | URL, protocols?: string | string[]) {
        super(url, protocols);
        this.addEventListener('open', () => seen.opened.push(performance.now()));
        if (String(url).includes('/api/terminal/')) Object.assign(globalThis, { lastSocket: this });
      }
    };
  });
}

const seen = (page: Page): Promise<Seen> => page.evaluate(() => (globalThis as unknown as { seen: Seen }).seen);

/** Forgets long tasks so far. */
const forget = (page: Page): Promise<void> =>
  page.evaluate(() => {
    (globalThis as unknown as { seen: Seen }).seen.tasks.length = 0;
  });

test('first-load', async ({ browser, server, signedIn }) => {
  const samples: number[] = [];
  for (let load = 0; load < LOADS; load += 1) {
    // A context of its own has a cold cache.
    const context = await browser.newContext({ baseURL: server.origin, viewport: { width: 1280, height: 800 } });
    await context.addCookies(signedIn);
    await watch(context);
    const page = await context.newPage();
    await page.goto(`/sessions/${session.id()}`);
    await page.waitForFunction(() =>
      (globalThis as unknown as { seen: Seen }).seen.marks.some(({ name }) => name === 'berth:terminal-interactive'),
    );
    const interactive = (await seen(page)).marks.find(({ name }) => name === 'berth:terminal-interactive');
    samples.push(interactive?.at ?? NaN);
    await context.close();
  }
  report({
    benchmark: 'first-load',
    measure: 'terminal interactive, slowest',
    value: Math.max(...samples),
    unit: 'ms',
    limit: { kind: 'below', bound: 1_500 },
    samples: samples.length,
    note: `p50 ${percentile(samples, 0.5).toFixed(0)} ms`,
  });
});

test('echo', async ({ context, page }) => {
  await watch(context);
  const terminal = await session.open(page);
  await terminal.type('stty -icanon; clear; cat');
  for (let key = 0; key < KEYS; key += 1) {
    const painted = (await seen(page)).marks.filter(({ name }) => name === 'berth:echo-painted').length;
    await moment(page);
    await page.keyboard.press('x');
    await page.waitForFunction(
      (before) =>
        (globalThis as unknown as { seen: Seen }).seen.marks.filter(({ name }) => name === 'berth:echo-painted').length >
        before,
      painted,
    );
  }
  const { marks } = await seen(page);
  const samples: number[] = [];
  let pressed = NaN;
  for (const { name, at } of marks) {
    if (name === 'berth:key') pressed = at;
    if (name === 'berth:echo-painted' && !Number.isNaN(pressed)) samples.push(at - pressed);
  }
  const last = samples.slice(-KEYS);
  const row = { benchmark: 'echo', unit: 'ms', samples: last.length };
  report({ ...row, measure: 'key to paint, p50', value: percentile(last, 0.5), limit: { kind: 'below', bound: 25 } });
  report({ ...row, measure: 'key to paint, p99', value: percentile(last, 0.99) });
  report({ ...row, measure: 'floor, p50', value: percentile(await floor(page), 0.5), note: 'key, socket and frame alone' });
});

/** The floor of an echo: no page between the key, the socket and the frame that follows the answer. */
async function floor(page: Page): Promise<number[]> {
  await page.evaluate(() => {
    const socket = (globalThis as unknown as { lastSocket: WebSocket }).lastSocket;
    const samples: number[] = [];
    const channel = new MessageChannel();
    let pressed = NaN;
    channel.port1.onmessage = () => {
      samples.push(performance.now() - pressed);
      pressed = NaN;
    };
    socket.addEventListener('message', () => {
      if (!Number.isNaN(pressed)) requestAnimationFrame(() => channel.port2.postMessage(0));
    });
    for (const name of ['keydown', 'keypress', 'keyup']) {
      addEventListener(name, (event) => {
        event.preventDefault();
        event.stopImmediatePropagation();
        if (name !== 'keydown' || !Number.isNaN(pressed)) return;
        pressed = performance.now();
        socket.send(new TextEncoder().encode('x'));
      }, true);
    }
    Object.assign(globalThis, { floor: samples });
  });
  const samples = () => page.evaluate(() => (globalThis as unknown as { floor: number[] }).floor);
  for (let key = 0; key < KEYS; key += 1) {
    await moment(page);
    await page.keyboard.press('x');
    await page.waitForFunction((before) => (globalThis as unknown as { floor: number[] }).floor.length > before, key);
  }
  return (await samples()).filter((sample) => !Number.isNaN(sample));
}

/** People's keys come at any moment of a frame; what waits for the one before would have all come right after one. */
const moment = (page: Page): Promise<unknown> =>
  page.evaluate((wait) => new Promise((come) => setTimeout(come, wait)), Math.random() * 2 * FRAME_MS);

test('flood', async ({ context, page }) => {
  test.setTimeout(FLOOD_LIMIT_MS * 2);
  await watch(context);
  const terminal = await session.open(page);
  const line = 'a line of output as a build writes it, with a number: \\033[32m0123456789\\033[0m and a path/to/a/file.rs';
  await terminal.type(`yes "$(printf '${line}')" | head -c ${FLOOD_BYTES} > /tmp/flood; clear; echo made-$((1 + 1))`);
  await terminal.sees('made-2');
  await forget(page);
  const began = Date.now();
  await terminal.type('cat /tmp/flood; echo; echo flood-$((1 + 1))');
  await expect.poll(() => terminal.screen(), { timeout: FLOOD_LIMIT_MS, intervals: [500] }).toContain('flood-2');
  const seconds = (Date.now() - began) / 1000;
  report({
    benchmark: 'flood',
    measure: 'longest task',
    value: Math.max(0, ...(await seen(page)).tasks),
    unit: 'ms',
    limit: { kind: 'below', bound: 100 },
    note: `${(FLOOD_BYTES / 1e6 / seconds).toFixed(1)} MB/s; only tasks over 50 ms are told`,
  });

  // By the page's clock, from the key's event to the prompt's frame.
  await terminal.type('clear; PS1="stopped> "; yes');
  await terminal.sees(/^y$/m);
  const answered = page.evaluate(
    () =>
      new Promise<number>((done) => {
        let pressed = NaN;
        addEventListener('keydown', () => (pressed = performance.now()), { capture: true, once: true });
        const look = () => {
          const rows = document.querySelector('.pane-shown .xterm-rows')?.textContent ?? '';
          if (!Number.isNaN(pressed) && rows.replaceAll('\u00a0', ' ').includes('stopped>')) done(performance.now() - pressed);
          else requestAnimationFrame(look);
        };
        look();
        Object.assign(globalThis, { looking: true });
      }),
  );
  await page.waitForFunction(() => 'looking' in globalThis);
  await page.keyboard.press('Control+c');
  report({
    benchmark: 'flood',
    measure: 'Ctrl-C to the prompt',
    value: await answered,
    unit: 'ms',
    limit: { kind: 'below', bound: 150 },
  });
});

test('reconnect', async ({ context, page }) => {
  await watch(context);
  const cuts: (() => Promise<void>)[] = [];
  await page.routeWebSocket(/\/api\/terminal\//, (socket) => {
    socket.connectToServer();
    cuts.push(() => socket.close({ code: 1013 }));
  });
  const terminal = await session.open(page);
  // So that there is always something to draw.
  await terminal.type('while sleep 0.02; do printf "%s " $((n += 1)); done');
  const samples: number[] = [];
  for (let cut = 0; cut < CUTS; cut += 1) {
    const drawn = (await seen(page)).marks.filter(({ name }) => name === 'berth:on-screen').length;
    await cuts.at(-1)?.();
    await page.waitForFunction(
      (before) =>
        (globalThis as unknown as { seen: Seen }).seen.marks.filter(({ name }) => name === 'berth:on-screen').length > before,
      drawn,
      { timeout: START_LIMIT_MS },
    );
    const { marks } = await seen(page);
    const opened = marks.findLast(({ name }) => name === 'berth:socket-open')?.at ?? NaN;
    const on = marks.findLast(({ name }) => name === 'berth:on-screen')?.at ?? NaN;
    samples.push(on - opened);
  }
  report({
    benchmark: 'reconnect',
    measure: 'socket open to screen, slowest',
    value: Math.max(...samples),
    unit: 'ms',
    limit: { kind: 'below', bound: 100 },
    samples: samples.length,
  });
});

test('six-floods', async ({ context, page }) => {
  await watch(context);
  const terminal = await session.open(page);
  for (let number = 1; number <= TERMINALS; number += 1) {
    if (number > 1) {
      await terminal.newTab.click();
      await terminal.ready();
    }
    await terminal.type('yes "$(printf %0100d 7)"');
  }
  const tiled = await tile(page);
  await forget(page);
  const frames = await page.evaluate(
    (watched) =>
      new Promise<number[]>((done) => {
        const gaps: number[] = [];
        const began = performance.now();
        let before = began;
        const frame = (now: number) => {
          gaps.push(now - before);
          before = now;
          if (now - began > watched) done(gaps);
          else requestAnimationFrame(frame);
        };
        requestAnimationFrame(frame);
      }),
    WATCH_MS,
  );
  const seconds = frames.reduce((sum, gap) => sum + gap, 0) / 1000;
  const note = `${tiled} shown; slowest frame ${Math.max(...frames).toFixed(0)} ms`;
  report({
    benchmark: 'six-floods',
    measure: 'frames',
    value: frames.length / seconds,
    unit: '/s',
    limit: { kind: 'at_least', bound: 30 },
    samples: frames.length,
    note,
  });
  report({
    benchmark: 'six-floods',
    measure: 'longest task',
    value: Math.max(0, ...(await seen(page)).tasks),
    unit: 'ms',
    note: 'only tasks over 50 ms are told',
  });
});

/** Puts as many terminals beside each other as the page can, and says how many. */
async function tile(page: Page): Promise<number> {
  const layouts = page.getByRole('button', { name: 'Layout' });
  if ((await layouts.count()) > 0) {
    await layouts.click();
    await page.getByRole('menuitemradio').last().click();
  }
  return page.locator('.pane-shown').count();
}
