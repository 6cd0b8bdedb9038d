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

  /** The lines on the screen of the terminal that has the keyboard. */
  async screen(): Promise<string> {
    const lines = await this.page.locator('.pane-active .xterm-rows > div').allTextContents();
    return lines.map((line) => line.replaceAll('\u00a0', ' ').trimEnd()).join('\n').trimEnd();
  }

  async sees(what: string | RegExp): Promise<void> {
    const seen = expect.poll(() => this.screen(), { timeout: START_LIMIT_MS });
    await (typeof what === 'string' ? seen.toContain(what) : seen.toMatch(what));
  }

  /** Waits for what the screen's width may have cut into rows anywhere. */
  async seesWrapped(what: string | RegExp): Promise<void> {
    const seen = expect.poll(() => this.joined(), { timeout: START_LIMIT_MS });
    await (typeof what === 'string' ? seen.toContain(what) : seen.toMatch(what));
  }

  /** The screen as one line: a row's end may be the screen's own. */
  async joined(): Promise<string> {
    return (await this.screen()).replaceAll('\n', '');
  }

  /** Waits until the screen matches, and gives that match. */
  async match(what: RegExp): Promise<RegExpExecArray> {
    let found: RegExpExecArray | null = null;
    await expect
      .poll(async () => (found = what.exec(await this.screen())), { timeout: START_LIMIT_MS })
      .not.toBeNull();
    return found!;
  }

  /** Types a line and Enter. */
  async type(line: string): Promise<void> {
    await this.page.locator('.pane-active .xterm-helper-textarea').focus();
    await this.page.keyboard.type(line);
    await this.page.keyboard.press('Enter');
  }

  /** The text field of the terminal that has the keyboard. */
  get input(): Locator {
    return this.page.locator('.pane-active .xterm-helper-textarea');
  }

  /** The terminals that are on the page, by their numbers, in the order of their places. */
  async shown(): Promise<number[]> {
    const panes = await this.page
      .locator('.pane-shown')
      .evaluateAll((panes) => panes.map((pane) => ({ id: pane.id, place: pane.getAttribute('data-place') })));
    return panes
      .sort((a, b) => Number(a.place) - Number(b.place))
      .map(({ id }) => Number(id.replace('pane-', '')));
  }

  /** Opens tabs until there are so many. */
  async openTabs(count: number): Promise<void> {
    while ((await this.tabs.count()) < count) {
      const next = (await this.tabs.count()) + 1;
      await this.newTab.click();
      await expect(this.tabs).toHaveCount(next);
      await this.ready();
    }
    // A tab is as wide as its label, which is the shell's name once the shell runs.
    await expect(this.tabs.filter({ hasNotText: 'bash' })).toHaveCount(0);
  }

  /** What the chip has said since, in order: some of it stands for a moment only. */
  async chipSays(): Promise<() => Promise<string[]>> {
    const said = await this.chip.evaluateHandle((chip) => {
      const said: string[] = [];
      new MutationObserver(() => said.push(chip.textContent ?? '')).observe(chip, {
        childList: true,
        characterData: true,
        subtree: true,
      });
      return said;
    });
    return () => said.jsonValue();
  }

  /** Runs a command by the palette. */
  async run(command: string): Promise<void> {
    await this.page.keyboard.press('Control+k');
    await this.page.getByRole('combobox', { name: 'Find a command' }).fill(command);
    await expect(this.page.getByRole('option').first()).toContainText(command);
    await this.page.keyboard.press('Enter');
    await expect(this.page.getByRole('dialog', { name: 'Commands' })).toBeHidden();
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
