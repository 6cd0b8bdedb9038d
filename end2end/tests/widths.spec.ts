// xterm.js in the page moves on by as many columns as the guest's screen: guest/tests/screen_widths.rs compares that
// with the same file.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { expect, test } from '../fixtures.ts';

const file = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** An origin of its own, without the product's policy on scripts, which would not let a test import them. */
const ORIGIN = 'http://widths.test';
const FILES: Record<string, string> = {
  '/xterm.mjs': file('node_modules/@xterm/xterm/lib/xterm.mjs'),
  '/widths.mjs': file('public/modules/widths.mjs'),
};

test('xterm.js counts the columns of every character as the guest does', { tag: '@desktop' }, async ({ page }) => {
  await page.route(`${ORIGIN}/**`, (route) => {
    const path = FILES[new URL(route.request().url()).pathname];
    return path ? route.fulfill({ path, contentType: 'text/javascript' }) : route.fulfill({ body: '<!doctype html>', contentType: 'text/html' });
  });
  await page.goto(`${ORIGIN}/`);
  const widths = readFileSync(file('guest/tests/fixtures/widths.txt'), 'utf8');
  const wrong = await page.evaluate(async (widths) => {
    const expected = new Map<number, number>();
    for (const line of widths.trim().split('\n')) {
      const [first, last, width] = line.split(' ');
      for (let code = parseInt(first!, 16); code <= parseInt(last!, 16); code++) expected.set(code, Number(width));
    }
    const [xterm, provider] = ['/xterm.mjs', '/widths.mjs'];
    const { Terminal } = await import(xterm!);
    const { useWidths } = await import(provider!);
    const terminal = new Terminal({ allowProposedApi: true, cols: 20, rows: 2 });
    useWidths(terminal);
    const columns: number[] = [];
    terminal.onData((reply: string) => columns.push(Number(reply.split(';')[1]!.replace('R', '')) - 2));
    const codes: number[] = [];
    for (let code = 0x300; code < 0x20000; code++) if (code < 0xd800 || code > 0xdfff) codes.push(code);
    for (let code = 0xe0000; code < 0xe1000; code++) codes.push(code);
    // After a letter, so that a mark has something to join; the reply says where the cursor is.
    const text = codes.map((code) => `\ra${String.fromCodePoint(code)}\x1b[6n`).join('');
    await new Promise<void>((resolve) => terminal.write(text, resolve));
    if (columns.length !== codes.length) return [`${columns.length} replies to ${codes.length}`];
    return codes
      .filter((code, at) => columns[at] !== (expected.get(code) ?? 1))
      .map((code) => `U+${code.toString(16)}`);
  }, widths);
  expect(wrong).toEqual([]);
});
