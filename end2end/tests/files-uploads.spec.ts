// Files on their way up: by button, by drop, by paste, in parts, cut and resumed, under names that are taken.
import { createHash } from 'node:crypto';

import type { Page } from '@playwright/test';

import { expect, test } from '../fixtures.ts';
import { Files, emptyHome, put } from '../pages/files.ts';
import { look } from '../support/look.ts';

test.beforeEach(async ({ api, page, signIn }) => {
  await emptyHome(api);
  await signIn(page);
});

const MIB = 1 << 20;

/** Bytes that no two parts have in common. */
function bytes(length: number): Buffer {
  const block = Buffer.alloc(length);
  for (let at = 0; at + 4 <= length; at += 4) block.writeUInt32LE(Math.imul(at, 2654435761) >>> 0, at);
  return block;
}

/** Holds files back that come whole, until what it answers is called. */
async function hold(page: Page): Promise<() => void> {
  let release = () => {};
  const held = new Promise<void>((go) => (release = go));
  await page.route('**/api/storage/upload?*', async (route) => {
    await held;
    await route.continue();
  });
  return release;
}

const sha256 = (data: Buffer) => createHash('sha256').update(data).digest('hex');

test('files chosen by the button are there, and downloaded as they were', async ({ api, axe, page }) => {
  const files = await new Files(page).open();
  await files.upload([
    { name: 'one.txt', text: 'one' },
    { name: 'empty', text: '' },
    { name: 'Bild äöü 日本.txt', text: 'picture' },
  ]);
  await expect(files.uploads).toContainText('3 files uploaded');
  await expect(files.row('Bild äöü 日本.txt')).toBeVisible();
  await look(page, 'files-uploaded', axe);
  await files.uploads.getByRole('button', { name: 'Clear' }).click();
  await expect(files.uploads).toBeHidden();
  const saved = page.waitForEvent('download');
  await files.choose('Bild äöü 日本.txt', 'Download');
  const download = await saved;
  expect(download.suggestedFilename()).toBe('Bild äöü 日本.txt');
  await files.select('one.txt', 'empty');
  const zip = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download 2' }).click();
  expect((await zip).suggestedFilename()).toMatch(/\.zip$/);
  expect(await (await api.get('/api/storage/download?path=one.txt')).text()).toBe('one');
});

test('a folder without anything is made too', async ({ page }) => {
  const files = await new Files(page).open();
  await files.drop([{ path: 'a.txt', text: 'x' }]);
  await expect(files.row('a.txt')).toBeVisible();
  await page.locator('.files').evaluate((element) => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File(['x'], 'x'));
    const readEntries = (done: (entries: object[]) => void) => done([]);
    const entry = { name: 'hollow', isFile: false, createReader: () => ({ readEntries }) };
    Object.defineProperty(dataTransfer, 'items', { value: [{ kind: 'file', webkitGetAsEntry: () => entry }] });
    element.dispatchEvent(new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer }));
  });
  await expect(files.row('hollow')).toBeVisible();
});

test('what is pasted is uploaded', async ({ page }) => {
  const files = await new Files(page).open();
  await files.list.evaluate((list) => {
    const clipboardData = new DataTransfer();
    clipboardData.items.add(new File(['a picture'], 'image.png', { type: 'image/png' }));
    list.dispatchEvent(new ClipboardEvent('paste', { bubbles: true, cancelable: true, clipboardData }));
  });
  await expect(files.row('pasted.png')).toBeVisible();
});

test('files held over the list are told where they go', { tag: '@desktop' }, async ({ api, page }) => {
  await put(api, 'target/x', 'x');
  const files = await new Files(page).open();
  await files.enter('target');
  const drag = (name: string) =>
    page.locator('.files').evaluate((element, name) => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File(['x'], 'x'));
      element.dispatchEvent(new DragEvent(name, { bubbles: true, cancelable: true, dataTransfer }));
    }, name);
  await drag('dragenter');
  await expect(page.getByText('Drop to upload to target')).toBeVisible();
  await drag('dragleave');
  await expect(page.getByText('Drop to upload to target')).toBeHidden();
});

test('a large file goes in parts, and on from where it was after a cut', async ({ api, axe, faults, page }) => {
  faults.expect(/Failed to load resource/);
  const files = await new Files(page).open();
  const data = bytes(17 * MIB);
  const sent: number[] = [];
  let cut = true;
  await page.route('**/api/storage/upload/part?*', async (route) => {
    const number = Number(new URL(route.request().url()).searchParams.get('number'));
    if (number === 1 && cut) return route.abort('connectionreset');
    sent.push(number);
    await route.continue();
  });
  // Nobody answers what follows the cut either, so that it lasts until it was looked at.
  await page.route('**/api/storage/upload/status?*', (route) => route.abort('connectionreset'));
  await files.upload([{ name: 'large.bin', text: data }]);
  await expect(files.uploads).toContainText('connection lost, trying again');
  await look(page, 'files-paused', axe);
  const asked = page.waitForRequest('**/api/storage/upload/status?*');
  cut = false;
  await page.unroute('**/api/storage/upload/status?*');
  await asked;
  await expect(files.uploads).toContainText('1 file uploaded', { timeout: 30_000 });
  expect(sent, 'each part once').toEqual([0, 1, 2, 3]);
  const stored = await (await api.get('/api/storage/download?path=large.bin')).body();
  expect(sha256(stored)).toBe(sha256(data));
});

test('an upload that is called off leaves nothing', async ({ api, faults, page }) => {
  faults.expect(/Failed to load resource/);
  const files = await new Files(page).open();
  let release = () => {};
  const held = new Promise<void>((go) => (release = go));
  await page.route('**/api/storage/upload/part?*', async (route) => {
    await held;
    await route.abort().catch(() => {});
  });
  const begun = page.waitForResponse('**/api/storage/upload/initiate');
  const sending = page.waitForRequest('**/api/storage/upload/part?*');
  await files.upload([{ name: 'large.bin', text: bytes(6 * MIB) }]);
  const { id }: { id: string } = await (await begun).json();
  await sending;
  const status = async () => (await api.get(`/api/storage/upload/status?upload=${id}`)).status();
  expect(await status()).toBe(200);
  const forgotten = page.waitForResponse('**/api/storage/upload/abort');
  await files.uploads.getByRole('button', { name: 'Cancel large.bin' }).click();
  expect((await forgotten).status()).toBe(204);
  release();
  expect(await status()).toBe(404);
  await expect(files.uploads.getByRole('button', { name: 'Retry large.bin' })).toBeVisible();
  await expect(files.row('large.bin')).toBeHidden();
  expect((await api.get('/api/storage/download?path=large.bin')).status()).toBe(404);
});

test('a name that is taken is asked about: both are kept, one is replaced, one is skipped', async ({ api, axe, faults, page }) => {
  faults.expect(/status of 409/);
  for (const name of ['a.txt', 'b.txt', 'c.txt']) await put(api, name, 'old');
  const files = await new Files(page).open();
  const text = async (path: string) => (await api.get(`/api/storage/download?path=${path}`)).text();
  const ask = (name: string) => page.getByRole('dialog', { name: `“${name}” is there already` });

  await files.upload([{ name: 'a.txt', text: 'new' }]);
  await expect(ask('a.txt')).toBeVisible();
  await look(page, 'files-clash', axe);
  await ask('a.txt').getByRole('button', { name: 'Keep both' }).click();
  await expect(files.row('a-2.txt')).toBeVisible();
  expect([await text('a.txt'), await text('a-2.txt')]).toEqual(['old', 'new']);

  await files.upload([{ name: 'b.txt', text: 'new' }]);
  await ask('b.txt').getByRole('button', { name: 'Replace' }).click();
  await expect.poll(() => text('b.txt')).toBe('new');

  await files.upload(['a.txt', 'b.txt', 'c.txt', 'd.txt'].map((name) => ({ name, text: 'newest' })));
  const all = page.getByRole('dialog', { name: /is there already/ });
  await all.getByRole('checkbox').check();
  await all.getByRole('button', { name: 'Skip' }).click();
  await expect(files.row('d.txt')).toBeVisible();
  await expect(all).toBeHidden();
  expect(await text('c.txt')).toBe('old');
  // What was replaced is in the trash.
  const trash: { was: { path: string } }[] = await (await api.get('/api/storage/trash')).json();
  expect(trash.map(({ was }) => was.path)).toContain('b.txt');
});

test('what can’t be uploaded is said, and tried again by a press', async ({ axe, faults, page }) => {
  faults.expect(/status of 402/);
  const files = await new Files(page).open();
  const full = { error: 'There is no room for it: 1 GiB of 1 GiB is used.', code: 'QUOTA_EXCEEDED', request_id: 'r1' };
  await page.route('**/api/storage/upload?*', (route) => route.fulfill({ status: 402, json: full }));
  await files.upload([{ name: 'x.txt', text: 'x' }]);
  await expect(files.uploads).toContainText('There is no room for it');
  await look(page, 'files-upload-failed', axe);
  await page.unroute('**/api/storage/upload?*');
  await files.uploads.getByRole('button', { name: 'Retry x.txt' }).click();
  await expect(files.uploads).toContainText('1 file uploaded');
});

test('files are sent on while the drawer is closed', { tag: '@desktop' }, async ({ api, page }) => {
  const files = await new Files(page).open();
  const release = await hold(page);
  await files.upload([{ name: 'late.txt', text: 'late' }]);
  await expect(files.uploads).toContainText('Uploading 1 of 1 file');
  await page.getByRole('button', { name: 'Close files' }).click();
  await expect(files.drawer).toBeHidden();
  release();
  await expect.poll(async () => (await api.get('/api/storage/download?path=late.txt')).status()).toBe(200);
  await page.getByRole('button', { name: 'Files', exact: true }).click();
  await expect(files.row('late.txt')).toBeVisible();
});

test('a name that is taken while the drawer is closed is asked about once it is open', { tag: '@desktop' }, async ({ api, faults, page }) => {
  faults.expect(/status of 409/);
  await put(api, 'a.txt', 'old');
  const files = await new Files(page).open();
  const release = await hold(page);
  await files.upload([{ name: 'a.txt', text: 'new' }]);
  await expect(files.uploads).toContainText('Uploading 1 of 1 file');
  await page.getByRole('button', { name: 'Close files' }).click();
  release();
  const button = page.getByRole('button', { name: 'Files: 1 name is taken' });
  await expect(button).toBeVisible();
  await expect(page.locator('dialog:modal')).toHaveCount(0);
  await button.click();
  const ask = page.getByRole('dialog', { name: '“a.txt” is there already' });
  await ask.getByRole('button', { name: 'Replace' }).click();
  await expect.poll(async () => (await api.get('/api/storage/download?path=a.txt')).text()).toBe('new');
});

test('files are sent on when their page is left', { tag: '@desktop' }, async ({ api, page }) => {
  const files = await new Files(page).openPage();
  const release = await hold(page);
  await files.upload([{ name: 'late.txt', text: 'late' }]);
  await expect(files.uploads).toContainText('Uploading 1 of 1 file');
  await page.getByRole('link', { name: 'All sessions' }).click();
  await expect(files.list).toBeHidden();
  release();
  await expect.poll(async () => (await api.get('/api/storage/download?path=late.txt')).status()).toBe(200);
  await page.getByRole('button', { name: 'Files', exact: true }).click();
  await expect(files.uploads).toContainText('1 file uploaded');
});
