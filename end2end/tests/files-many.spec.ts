// Many files: a folder of 50,000, and a thousand that come at once. A trace of each request would take longer than they.
// How fast all that is, `end2end/bench/files.bench.ts` measures.
import { expect, test } from '../fixtures.ts';
import { Files, emptyHome } from '../pages/files.ts';
import { fill, thousand } from '../support/many.ts';

test.use({ trace: 'off' });

test.beforeEach(async ({ api, page, signIn }) => {
  await emptyHome(api);
  await signIn(page);
});

test('a folder of a thousand small files that is dropped comes whole', async ({ api, page }) => {
  const files = await new Files(page).open();
  test.slow();
  await files.drop(thousand());
  await expect(files.uploads).toContainText('1000 files uploaded', { timeout: 90_000 });
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
