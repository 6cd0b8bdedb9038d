// What a program wants told while the person looks elsewhere: as text, and outside the page only if they allowed it.
import type { Page } from '@playwright/test';

import { expect, test } from '../fixtures.ts';
import { eachInASession } from '../support/session.ts';

const session = eachInASession();

/** Replaces the browser's notifications, and with `permission` the person's word on them. */
async function notifications(page: Page, permission: string): Promise<() => Promise<string[]>> {
  await page.addInitScript((permission) => {
    const shown: string[] = [];
    class Notification {
      static permission = permission;
      static asked = 0;
      static requestPermission = () => {
        Notification.asked += 1;
        return Promise.resolve((Notification.permission = 'granted'));
      };
      constructor(title: string, options: { body: string }) {
        shown.push(`${title}|${options.body}`);
      }
    }
    Object.assign(window, { shown, Notification });
  }, permission);
  return () => page.evaluate(() => (window as unknown as { shown: string[] }).shown);
}

/** Has the page believe that another window is in front of it. */
const lookAway = (page: Page) => page.evaluate(() => void (document.hasFocus = () => false));

const toasts = (page: Page) => page.locator('.toast');

test('who looks at the terminal is told nothing more', async ({ page }) => {
  const shown = await notifications(page, 'granted');
  const terminal = await session.open(page);
  await terminal.type("printf '\\033]9;Tests pass\\007'; echo end-$((1 + 1))");
  await terminal.sees('end-2');
  await expect(toasts(page)).toHaveCount(0);
  expect(await shown()).toEqual([]);
});

test('who looks elsewhere is told in the page and, if they allowed it, outside', async ({ page }) => {
  const shown = await notifications(page, 'granted');
  const terminal = await session.open(page);
  await lookAway(page);
  await terminal.type("printf '\\033]9;Tests <b>pass</b>\\007'");
  await expect(toasts(page)).toContainText('Terminal 1: Tests <b>pass</b>');
  await expect.poll(shown).toEqual(['Berth|Terminal 1: Tests <b>pass</b>']);
});

test('leave is asked for by a press only', async ({ page }) => {
  const shown = await notifications(page, 'default');
  const asked = () => page.evaluate(() => (window.Notification as unknown as { asked: number }).asked);
  const terminal = await session.open(page);
  await lookAway(page);
  await terminal.type("printf '\\033]777;notify;Agent;has a question\\007'");
  await expect(toasts(page)).toContainText('Terminal 1: Agent – has a question');
  expect(await shown()).toEqual([]);
  expect(await asked()).toBe(0);
  await page.getByRole('button', { name: 'Notify me outside the page' }).click();
  expect(await asked()).toBe(1);
  await terminal.type("printf '\\007'");
  await expect.poll(shown).toEqual(['Berth|Terminal 1 rang.']);
});
