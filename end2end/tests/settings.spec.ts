// Settings: what a person prefers shows at once, follows them, and is legible in any accent.
import { expect, test } from '../fixtures.ts';
import { hydrated } from '../pages/dashboard.ts';
import type { Page } from '@playwright/test';

async function openSettings(page: Page) {
  await hydrated(page);
  await page.getByRole('button', { name: 'Settings' }).click();
  const dialog = page.getByRole('dialog', { name: 'Settings' });
  await expect(dialog).toBeVisible();
  return dialog;
}

const accent = (page: Page) => page.evaluate(() => getComputedStyle(document.documentElement).getPropertyValue('--accent-hue').trim());

test.afterEach(async ({ api, page }) => {
  // What a page has yet to save, it saves when it is left.
  await page.close();
  const defaults = { theme: 'system', accent_hue: 217, font_size: null, cursor: 'block', bell: 'visual' };
  expect((await api.patch('/api/preferences', { data: defaults })).ok()).toBe(true);
});

test('theme and accent show at once, and another page is rendered with them', async ({ api, page, signIn }) => {
  await signIn(page);
  const dialog = await openSettings(page);
  await dialog.getByRole('radio', { name: 'Light' }).check();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'light');
  await expect(page.locator('html')).toHaveCSS('background-color', 'rgb(250, 250, 250)');
  await dialog.getByRole('button', { name: 'Orange' }).click();
  await expect.poll(() => accent(page)).toBe('28');
  const stored = async () => {
    const { theme, accent_hue } = await (await api.get('/api/preferences')).json();
    return [theme, accent_hue];
  };
  await expect.poll(stored).toEqual(['light', 28]);

  // Before any script: what the server sends has them.
  const html = await (await page.request.get('/')).text();
  expect(html).toMatch(/<html[^>]*data-theme="light"[^>]*--accent-hue:\s*28/);
  await page.reload();
  expect(await accent(page)).toBe('28');
  await page.getByRole('button', { name: 'Settings' }).click();
  await dialog.getByRole('radio', { name: 'Dark' }).check();
  await expect(page.locator('html')).toHaveCSS('background-color', 'rgb(9, 9, 11)');
});

test('until a font size is chosen, the slider stands where the terminal is', async ({ isMobile, page, signIn }) => {
  await signIn(page);
  const dialog = await openSettings(page);
  await expect(dialog.getByRole('slider', { name: 'Font size' })).toHaveValue(isMobile ? '13' : '14');
});

test('what is read while a save is under way changes nothing', async ({ page, signIn }) => {
  await signIn(page);
  const dialog = await openSettings(page);
  let release = () => {};
  const held = new Promise<void>((go) => (release = go));
  await page.route('**/rpc/preferences/change', async (route) => {
    await held;
    await route.continue();
  });
  const asked = page.waitForRequest('**/rpc/preferences/change');
  await dialog.getByRole('radio', { name: 'Light' }).check();
  await asked;
  // Come back to, the page reads what the server has: not the change yet.
  const read = page.waitForResponse((answer) => answer.url().includes('/rpc/preferences/get') && answer.ok());
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange', { bubbles: true })));
  await (await read).finished();
  await page.evaluate(() => new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted))));
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'light');
  const answer = page.waitForResponse((answer) => answer.url().includes('/rpc/preferences/change') && answer.ok());
  release();
  await answer;
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'light');
});

test('a reset can be undone', async ({ page, signIn }) => {
  await signIn(page);
  const dialog = await openSettings(page);
  await dialog.getByRole('radio', { name: 'Underline' }).check();
  await dialog.getByRole('button', { name: 'Reset to defaults' }).click();
  await expect(dialog.getByRole('radio', { name: 'Block' })).toBeChecked();
  await dialog.getByRole('button', { name: 'Undo' }).click();
  await expect(dialog.getByRole('radio', { name: 'Underline' })).toBeChecked();
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
});

test('settings break no rule of accessibility, in several accents, dark and light', async ({ axe, page, signIn }) => {
  await signIn(page);
  const dialog = await openSettings(page);
  for (const theme of ['Dark', 'Light']) {
    await dialog.getByRole('radio', { name: theme }).check();
    for (const hue of ['Blue', 'Orange', 'Green', 'Pink']) {
      await dialog.getByRole('button', { name: hue }).click();
      expect(await axe(page), `${theme}, ${hue}`).toEqual([]);
    }
  }
  await page.screenshot({ path: `end2end/results/look/settings-${test.info().project.name}.png` });
});

test('what is no preference is refused, and nothing changes', async ({ api, page, signIn }) => {
  await signIn(page);
  const before = await (await api.get('/api/preferences')).json();
  for (const data of [{ theme: '<script>' }, { accent_hue: 360 }, { no_such: 1 }, { key_bar: ['evil'] }]) {
    const answer = await api.patch('/api/preferences', { data });
    expect(answer.status(), JSON.stringify(data)).toBe(422);
    expect((await answer.json()).fields[0].field).toBe(Object.keys(data)[0]);
  }
  expect(await (await api.get('/api/preferences')).json()).toEqual(before);
});

test('what sessions share is chosen, and the “getting started” folder made again', async ({ api, page, signIn }) => {
  await signIn(page);
  const dialog = await openSettings(page);
  const shared = async () => (await (await api.get('/api/preferences')).json()).workspace_sharing;
  await dialog.getByRole('radio', { name: 'Notes shared' }).check();
  await expect.poll(shared).toBe('metadata');
  await dialog.getByRole('radio', { name: 'Apart' }).check();
  await expect.poll(shared).toBe('none');
  await dialog.getByRole('button', { name: 'Make the “getting started” folder again' }).click();
  await expect(page.getByRole('grid')).toHaveAccessibleName('Files in Getting started');
});
