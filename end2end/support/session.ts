// A running session for each test of a file, and its first terminal on a page that is signed in.
import type { Page } from '@playwright/test';

import { expect, test } from '../fixtures.ts';
import { Terminal } from '../pages/terminal.ts';

/** Has a session started before each test of the file and deleted after it; opens its terminal. */
export function eachInASession(data: { name?: string } = {}): { id: () => string; open: (page: Page) => Promise<Terminal> } {
  let session = '';
  test.beforeEach(async ({ api, page, signIn }) => {
    const made = await api.post('/api/sessions', { data });
    session = (await made.json()).id;
    const started = await api.post(`/api/sessions/${session}/start`);
    expect(started.ok(), await started.text()).toBe(true);
    await signIn(page);
  });
  test.afterEach(async ({ api }) => {
    expect((await api.delete(`/api/sessions/${session}`)).ok()).toBe(true);
  });
  return { id: () => session, open: (page) => new Terminal(page).open(session) };
}

/** The middle of a piece of text on the terminal's screen. */
export async function placeOf(page: Page, text: string): Promise<{ x: number; y: number }> {
  let found: { x: number; y: number } | null = null;
  const place = async () => {
    found = await page.evaluate((wanted) => {
      for (const row of document.querySelectorAll('.pane-shown .xterm-rows > div')) {
        const at = (row.textContent ?? '').replaceAll('\u00a0', ' ').indexOf(wanted);
        if (at < 0) continue;
        // The row's cells are spans of text; a range over the characters has the place.
        const walker = document.createTreeWalker(row, NodeFilter.SHOW_TEXT);
        const middle = at + Math.floor(wanted.length / 2);
        let before = 0;
        for (let node = walker.nextNode(); node; node = walker.nextNode()) {
          const length = node.textContent?.length ?? 0;
          if (middle < before + length) {
            const range = document.createRange();
            range.setStart(node, middle - before);
            range.setEnd(node, middle - before + 1);
            const { left, right, top, bottom } = range.getBoundingClientRect();
            return { x: (left + right) / 2, y: (top + bottom) / 2 };
          }
          before += length;
        }
      }
      return null;
    }, text);
    return found;
  };
  await expect.poll(place, { message: `“${text}” on the screen` }).not.toBeNull();
  return found!;
}
