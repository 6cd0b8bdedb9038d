// How a plain page looks, as a person and as axe see it.
import { join, resolve } from 'node:path';

import { expect, test, type Page } from '@playwright/test';

const PICTURES = resolve(import.meta.dirname, '../results/look');

/** Pictures of a page, dark and light, and what breaks on it: accessibility, and anything wider than the screen. */
export async function look(page: Page, name: string, axe: (page: Page) => Promise<string[]>): Promise<void> {
  const { project } = test.info();
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme });
    // Half-way from one colour to the other there is no contrast.
    await page.evaluate(() => {
      // Not waited for: on a page that is not in front they never end.
      for (const animation of document.getAnimations()) if (animation instanceof CSSTransition) animation.finish();
    });
    expect(await axe(page), `${name}, ${colorScheme}`).toEqual([]);
    await page.screenshot({ path: join(PICTURES, `${project.name}-${name}-${colorScheme}.png`), fullPage: true });
  }
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(overflow, `${name} is no wider than the screen`).toBe(0);
}
