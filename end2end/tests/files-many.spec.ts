// Many files: a folder of 50,000, and a thousand that come at once. A trace of each request would take longer than they.
import { writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import type { APIRequestContext } from '@playwright/test';

import { expect, test } from '../fixtures.ts';
import { Files, emptyHome, put } from '../pages/files.ts';

test.use({ trace: 'off' });

/** Makes so many files in the folder `many`, and one that comes after them. */
async function fill(api: APIRequestContext, dataDir: string, count: number): Promise<void> {
  await put(api, 'many/last', '');
  const people = join(dataDir, 'files');
  const person = (await readdir(people)).find((name) => name !== 'by-email' && !name.startsWith('.'));
  const folder = join(people, person ?? '', 'home/many');
  for (let number = 0; number < count; number += 1) writeFileSync(join(folder, `file-${String(number).padStart(5, '0')}`), '');
}

test.beforeEach(async ({ api, page, signIn }) => {
  await emptyHome(api);
  await signIn(page);
});

test('a folder of a thousand small files that is dropped is there in ten seconds', async ({ api, page }) => {
  const files = await new Files(page).open();
  const dropped = Array.from({ length: 1000 }, (_, number) => ({
    path: `project/part-${Math.floor(number / 250)}/file-${number}.txt`,
    text: `number ${number}`,
  }));
  const begun = Date.now();
  await files.drop(dropped);
  await expect(files.uploads).toContainText('1000 files uploaded', { timeout: 30_000 });
  const took = Date.now() - begun;
  test.info().annotations.push({ type: 'took', description: `${took} ms` });
  expect(took, 'ms').toBeLessThan(10_000);
  await files.enter('project');
  await files.enter('part-3');
  await expect(files.list).toHaveAttribute('aria-rowcount', '251');
  expect(await (await api.get('/api/storage/download?path=project/part-2/file-700.txt')).text()).toBe('number 700');
});

test('a folder of 50,000 scrolls, and few of its rows are on the page', async ({ api, faults, page, server }) => {
  await fill(api, server.dataDir, 50_000);
  const files = await new Files(page).openPage('many');
  await expect(files.list).toHaveAttribute('aria-rowcount', '50002');
  const rows = () => files.list.locator('.file-row').count();
  expect(await rows()).toBeLessThan(80);
  for (const part of [0.25, 0.5, 0.99]) {
    await files.list.evaluate((list, part) => (list.scrollTop = list.scrollHeight * part), part);
    const number = String(Math.round(50_000 * part)).padStart(5, '0').slice(0, 3);
    await expect.poll(async () => (await files.names()).some((name) => name.startsWith(`file-${number}`))).toBe(true);
    expect(await rows()).toBeLessThan(80);
  }
  await files.list.focus();
  await page.keyboard.press('End');
  await expect(files.row('last')).toBeVisible();
  const frames = await files.list.evaluate(async (list) => {
    // How far frames are apart while it scrolls from end to end, as it does under a finger.
    const apart: number[] = [];
    let last = performance.now();
    for (let step = 0; step < 60; step += 1) {
      list.scrollTop = (list.scrollHeight * step) / 60;
      await new Promise((drawn) => requestAnimationFrame(drawn));
      apart.push(performance.now() - last);
      last = performance.now();
    }
    return apart.sort((a, b) => a - b);
  });
  expect(frames[30], 'half of the frames are no further apart, ms').toBeLessThan(60);
  // It goes while it is looked at.
  faults.expect(/status of 404/);
  await emptyHome(api);
});

test('all of a folder is selected and deleted, also what was never seen', async ({ api, page, server }) => {
  test.setTimeout(120_000);
  await fill(api, server.dataDir, 1_200);
  const files = await new Files(page).openPage('many');
  await files.list.focus();
  await page.keyboard.press('Control+a');
  await expect(page.getByText('1201 selected')).toBeVisible();
  await page.getByRole('button', { name: 'Delete 1201' }).click();
  await expect(files.toast('Deleted 1201 items.')).toBeVisible({ timeout: 40_000 });
  await expect(page.getByText('Nothing here yet')).toBeVisible();
  await files.toast('Deleted 1201 items.').getByRole('button', { name: 'Undo' }).click();
  await expect(files.toast('Restored 1201 items.')).toBeVisible({ timeout: 40_000 });
  await expect(files.list).toHaveAttribute('aria-rowcount', '1202');
});
