// The list of sessions, as a person sees it.
import { type Locator, type Page, expect } from '@playwright/test';

export class Dashboard {
  readonly newSession: Locator;
  readonly list: Locator;

  constructor(readonly page: Page) {
    this.newSession = page.getByRole('button', { name: 'New session' });
    this.list = page.getByRole('list', { name: 'Sessions' });
  }

  /** Waits until the page is hydrated: until then a press on a button does nothing. */
  async ready(): Promise<this> {
    await expect(this.newSession).toBeVisible();
    await hydrated(this.page);
    return this;
  }

  async open(): Promise<this> {
    await this.page.goto('/');
    return this.ready();
  }

  card(name: string): Locator {
    return this.list.getByRole('listitem').filter({ has: this.page.getByRole('heading', { name, exact: true }) });
  }

  /** The word of a session's state. */
  state(name: string): Locator {
    return this.card(name).locator('[data-state]');
  }

  async choose(name: string, item: string): Promise<void> {
    await this.page.getByRole('button', { name: `More for ${name}`, exact: true }).click();
    await this.page.getByRole('menuitem', { name: item }).click();
  }
}

/** The page says on its root when it hears presses. */
export async function hydrated(page: Page): Promise<void> {
  await expect(page.locator('html[data-hydrated]')).toBeAttached();
}
