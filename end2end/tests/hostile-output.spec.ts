// Output made to break the page: its terminal answers afterwards, and the page's memory is bounded.
import { type Page } from '@playwright/test';

import { expect, test } from '../fixtures.ts';
import { START_LIMIT_MS, Terminal } from '../pages/terminal.ts';
import { eachInASession, placeOf } from '../support/session.ts';
import { Fingers } from '../support/touch.ts';

/** What a page may hold after any of these, beside what it held before, MiB: its scrollback, mostly. */
const MEMORY_MIB = 160;

const session = eachInASession();

/** The page's own heap, after what can be collected is, MiB. */
async function heap(page: Page): Promise<number> {
  const client = await page.context().newCDPSession(page);
  await client.send('HeapProfiler.collectGarbage');
  const { usedSize } = await client.send('Runtime.getHeapUsage');
  await client.detach();
  return usedSize / (1024 * 1024);
}

/** The terminal takes a line and runs it. The echo of the line itself is not what is looked for. */
async function answers(terminal: Terminal, word: string): Promise<void> {
  await terminal.type(`printf '\\033c'; echo ${word}-$((1 + 1))`);
  await terminal.sees(`${word}-2`);
}

const ESC = '\\033';
const filled = (bytes: number) => `head -c ${bytes} /dev/zero | tr '\\0' a`;

/** What is written, as a shell's command. */
const BOMBS: [string, string][] = [
  ['erase above, in the last cell of the alternate screen', `printf '${ESC}[?1049h${ESC}[999;999HX${ESC}[1J'`],
  ['selective erase above, in the last cell', `printf '${ESC}[?1049h${ESC}[999;999HX${ESC}[?1J'`],
  ['erase above, in the last cell of a fresh screen', `printf '${ESC}c${ESC}[999;999HX${ESC}[1J'`],
  ['counts of two thousand million', `for c in A B C D E F G I L M P S T X Z @ b d e f r t; do printf "x${ESC}[2147483647$c"; done`],
  ['counts beyond any integer', `for c in A B H L M S T X b r; do printf "x${ESC}[99999999999999999999;99999999999999999999$c"; done`],
  ['a thousand parameters', `printf '${ESC}['; for i in $(seq 1000); do printf '38;2;255;'; done; printf 'm'`],
  ['an OSC of 20 MB', `printf '${ESC}]0;'; ${filled(20_000_000)}; printf '\\007'`],
  ['an OSC that never ends, then a reset', `printf '${ESC}]52;c;'; ${filled(3_000_000)}; printf '\\030'`],
  ['a DCS of 20 MB', `printf '${ESC}P$q'; ${filled(20_000_000)}; printf '${ESC}\\\\'`],
  ['a title of 64 KiB', `printf '${ESC}]2;<img src=x onerror=alert(1)>'; ${filled(65_536)}; printf '\\007'`],
  ['a hyperlink of 64 KiB', `printf '${ESC}]8;;http://'; ${filled(65_536)}; printf '${ESC}\\\\text${ESC}]8;;${ESC}\\\\'`],
  ['100,000 marks on one cell', `printf e; for i in $(seq 1000); do printf '%s' "$m"; done; printf '${ESC}[1000b\\n'`],
  ['a line of 10 MB', `${filled(10_000_000)}; echo`],
  ['a storm of sizes', `for i in $(seq 5000); do printf "${ESC}[8;$((i % 50 + 2));$((i % 90 + 2))t"; done`],
  ['alternate screens by the thousand', `for i in $(seq 5000); do printf '${ESC}[?1049h${ESC}[?1049l${ESC}7${ESC}8'; done`],
];

for (const [name, command] of BOMBS) {
  test(`the page outlives ${name}`, { tag: '@desktop' }, async ({ page }) => {
    const terminal = await session.open(page);
    // 100 marks at a time, so that the shell isn't what is tested.
    await terminal.type(`m=$(for i in $(seq 100); do printf '\\314\\201'; done)`);
    const before = await heap(page);
    await terminal.type(command);
    await answers(terminal, 'alive');
    // The screen is the one that it was: nothing had to be made anew.
    expect((await heap(page)) - before).toBeLessThan(MEMORY_MIB);
    await expect(page.locator('.chip')).toHaveText('connected');
    expect(await page.locator('img[src="x"]').count()).toBe(0);
  });
}

test('questions are answered once, whoever watches, and the title never', { tag: '@desktop' }, async ({ context, page }) => {
  const terminal = await session.open(page);
  const other = await context.newPage();
  await other.goto(`/sessions/${session.id()}`);
  await expect(other.locator('.chip')).toHaveText('connected', { timeout: START_LIMIT_MS });
  // What the terminal says to the program is read up to the `last` that the answer ends in, and shown as text. One
  // that came twice would be read by the next question.
  const ask = (question: string, last: string) =>
    terminal.type(`stty raw -echo; printf '${question}'; IFS= read -r -d '${last}' a; stty sane; a=$(printf %s "$a" | od -An -c | tr -d ' \\n'); clear; echo "<$a>"`);
  await ask(`${ESC}[5n`, 'n');
  await terminal.sees('<033[0>');
  await ask(`${ESC}[c`, 'c');
  await terminal.sees('<033[?1;2>');
  await ask(`${ESC}[21t\\005${ESC}]52;c;?\\007${ESC}[5n`, 'n');
  await terminal.sees('<033[0>');
  await ask(`${ESC}]11;?\\007`, '\\');
  await terminal.sees(/^<033\]11;rgb:[0-9a-f/]+033>$/m);
  await ask(`${ESC}[5n`, 'n');
  await terminal.sees('<033[0>');
});

/** Has xterm.js do to OSC 7777 what a fault in it would do. */
async function breakAt7777(page: Page, fault: string): Promise<void> {
  await page.route('**/modules/xterm.mjs', async (route) => {
    const response = await route.fetch();
    const source = await response.text();
    const broken = source.replace(
      'Terminal = class extends module.Terminal {',
      `const Faulty = class extends module.Terminal {
         constructor(options) { super(options); this.parser.registerOscHandler(7777, () => { ${fault} }); }
       };
       Terminal = class extends Faulty {`,
    );
    expect(broken, 'the module has another form').not.toBe(source);
    await route.fulfill({ response, body: broken });
  });
}

test('a parser that throws is replaced, and nothing of the screen is lost', { tag: '@desktop' }, async ({ page }) => {
  await breakAt7777(page, 'throw new Error("a fault of xterm.js");');
  const terminal = await session.open(page);
  await terminal.type('clear; echo before-$((1 + 1))');
  await terminal.sees('before-2');
  const old = await page.locator('.pane-shown .xterm').elementHandle();
  await terminal.type(`printf '${ESC}]7777;x\\007'; echo after-$((1 + 1))`);
  await expect.poll(() => old?.evaluate((node) => node.isConnected)).toBe(false);
  await terminal.sees('after-2');
  await terminal.sees('before-2');
  await terminal.type('echo typed-$((1 + 1))');
  await terminal.sees('typed-2');
});

test('a screen made anew hears fingers and keyboard', { tag: '@phone' }, async ({ context, page }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await breakAt7777(page, 'throw new Error("a fault of xterm.js");');
  const terminal = await session.open(page);
  const old = await page.locator('.pane-shown .xterm').elementHandle();
  await terminal.type(`printf '${ESC}]7777;x\\007'; clear; echo alpha-$((1 + 1)) beta`);
  await expect.poll(() => old?.evaluate((node) => node.isConnected)).toBe(false);
  await terminal.sees('alpha-2');
  await expect(terminal.input).toHaveAttribute('autocapitalize', 'off');
  const fingers = await Fingers.on(page);
  await fingers.down(await placeOf(page, 'alpha-2'));
  await expect(page.locator('.pane-shown .selection-handle:visible')).toHaveCount(2);
  await fingers.up();
  await page.getByRole('toolbar', { name: 'Selection' }).getByRole('button', { name: 'Copy' }).tap();
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe('alpha-2');
  await terminal.type('stty -icanon -echo; cat -v');
  const { x, y } = await placeOf(page, 'alpha-2');
  await fingers.swipe({ x, y }, { x: x + 40, y });
  await terminal.sees('^[[C^[[C');
});

test('a screen made anew out of sight keeps its size', { tag: '@desktop' }, async ({ page }) => {
  await breakAt7777(page, 'throw new Error("a fault of xterm.js");');
  const sizes: string[] = [];
  page.on('websocket', (socket) => {
    const url = new URL(socket.url());
    if (/-2\/ws$/.test(url.pathname)) sizes.push(`${url.searchParams.get('cols')}×${url.searchParams.get('rows')}`);
  });
  const terminal = await session.open(page);
  await terminal.openTabs(2);
  await terminal.type('mkfifo ~/told; echo made-$((1 + 1)); cat ~/told');
  await terminal.sees('made-2');
  await terminal.tab(1).click();
  await terminal.type(`printf '${ESC}]7777;x\\007' > ~/told`);
  await expect.poll(() => sizes.length).toBe(2);
  expect(sizes[1]).toBe(sizes[0]);
});

// More often it is given up, so that a program can't keep the page busy with nothing else.
test('a parser that throws eight times leaves a terminal that works', { tag: '@desktop' }, async ({ page }) => {
  await breakAt7777(page, 'throw new Error("a fault of xterm.js");');
  const terminal = await session.open(page);
  for (let time = 0; time < 8; time += 1) {
    await terminal.type(`printf '${ESC}]7777;x\\007'; clear; echo time-${time}-$((1 + 1))`);
    await terminal.sees(`time-${time}-2`);
  }
});
