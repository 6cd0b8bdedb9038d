// People besides the one that a test's own page belongs to.
import { type Browser, type Page } from '@playwright/test';

/** A page of another person's. */
export async function stranger(browser: Browser, javaScriptEnabled = true): Promise<Page> {
  return (await browser.newContext({ javaScriptEnabled })).newPage();
}
