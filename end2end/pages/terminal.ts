// A session's terminals, as a person sees them.
import { type Locator, type Page, expect } from '@playwright/test';

/** How long a session may take from the press of a button to its prompt, on a busy machine. */
export const START_LIMIT_MS = 20_000;

/** `user@…:~/workspace$ ` or the like. */
const PROMPT = /[$#] ?$/m;

export class Terminal {
  readonly chip: Locator;
  readonly tabs: Locator;
  readonly newTab: Locator;

  constructor(readonly page: Page) {
    this.chip = page.locator('.chip');
    this.tabs = page.getByRole('tab');
    this.newTab = page.getByRole('button', { name: 'New terminal' });
  }

  async open(id: string): Promise<this> {
    await this.page.goto(`/sessions/${id}`);
    return this.ready();
  }

  /** Waits for a connection and a prompt. */
  async ready(): Promise<this> {
    await expect(this.chip).toHaveText('connected', { timeout: START_LIMIT_MS });
    await this.sees(PROMPT);
    return this;
  }

  /** The lines on the screen of the tab that is shown. */
  async screen(): Promise<string> {
    const lines = await this.page.locator('.pane-shown .xterm-rows > div').allTextContents();
    return lines.map((line) => line.replaceAll('\u00a0', ' ').trimEnd()).join('\n').trimEnd();
  }

  async sees(what: string | RegExp): Promise<void> {
    const seen = expect.poll(() => this.screen(), { timeout: START_LIMIT_MS });
    await (typeof what === 'string' ? seen.toContain(what) : seen.toMatch(what));
  }

  /** Types a line and Enter. */
  async type(line: string): Promise<void> {
    await this.page.locator('.pane-shown .xterm-helper-textarea').focus();
    await this.page.keyboard.type(line);
    await this.page.keyboard.press('Enter');
  }

  tab(number: number): Locator {
    return this.page.locator(`#tab-${number}`);
  }

  /** The numbers of the tabs, in order. */
  async numbers(): Promise<number[]> {
    const ids = await this.tabs.evaluateAll((tabs) => tabs.map((tab) => tab.id));
    return ids.map((id) => Number(id.replace('tab-', '')));
  }
}
