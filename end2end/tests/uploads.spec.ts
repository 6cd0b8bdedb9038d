// Files that are pasted or dropped on a terminal.
import type { Page, WebSocket } from '@playwright/test';

import { expect, test } from '../fixtures.ts';
import { eachInASession } from '../support/session.ts';

const session = eachInASession();

interface Given {
  name: string;
  type: string;
  text: string;
}

/** Pastes or drops files as the browser tells of it. */
async function give(page: Page, how: 'paste' | 'drop', files: Given[], on = '.pane-shown .xterm-screen'): Promise<boolean> {
  return page.locator(on).evaluate(
    (element, { how, files }) => {
      const data = new DataTransfer();
      for (const { name, type, text } of files) data.items.add(new File([text], name, { type }));
      const options = { bubbles: true, cancelable: true };
      if (how === 'paste') return element.dispatchEvent(new ClipboardEvent('paste', { ...options, clipboardData: data }));
      element.dispatchEvent(new DragEvent('dragover', { ...options, dataTransfer: data }));
      return element.dispatchEvent(new DragEvent('drop', { ...options, dataTransfer: data }));
    },
    { how, files },
  );
}

test('a pasted image is uploaded, and its path typed', async ({ page }) => {
  const terminal = await session.open(page);
  await terminal.type('clear');
  await give(page, 'paste', [{ name: 'image.png', type: 'image/png', text: 'a picture' }]);
  // A phone wraps the path.
  await terminal.seesWrapped(/uploads\/image\S*\.png$/);
  await page.locator('.pane-shown .xterm-helper-textarea').focus();
  await page.keyboard.press('Home');
  await page.keyboard.type('cat ');
  await page.keyboard.press('Enter');
  await terminal.sees(/^a picture/m);
});

test('dropped files come in order, each as one word', async ({ page }) => {
  const terminal = await session.open(page);
  await page.locator('.pane-shown .xterm-helper-textarea').focus();
  await page.keyboard.type("clear; printf '<%s>\\n' ");
  await give(page, 'drop', [
    { name: "it's a $(touch hurt) b.txt", type: 'text/plain', text: 'one' },
    { name: 'two.txt', type: 'text/plain', text: 'two' },
  ]);
  await terminal.seesWrapped(/two\S*\.txt/);
  await page.keyboard.press('Enter');
  await terminal.seesWrapped(/<\/\S*uploads\/it's ?a .*b\S*\.txt><\/\S*uploads\/two\S*\.txt>/);
});

test('files held over a terminal are told where they go', { tag: '@desktop' }, async ({ page }) => {
  await session.open(page);
  const drag = (name: string) =>
    page.locator('.pane-shown .xterm-screen').evaluate((element, name) => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File(['x'], 'x'));
      element.dispatchEvent(new DragEvent(name, { bubbles: true, cancelable: true, dataTransfer }));
    }, name);
  const overlay = page.locator('.pane-shown .drop-overlay');
  await drag('dragenter');
  await expect(overlay).toBeVisible();
  await expect(overlay).toHaveText('Drop to upload to ~/uploads');
  await drag('dragleave');
  await expect(overlay).toBeHidden();
});

test('a file that is dropped elsewhere leaves the page as it is', async ({ page }) => {
  await session.open(page);
  const wentOn = await give(page, 'drop', [{ name: 'x.html', type: 'text/html', text: '<h1>' }], '.tab-strip');
  expect(wentOn, 'the browser’s own doing was prevented').toBe(false);
});

/** Holds uploads back, until told. */
async function holdUploads(page: Page): Promise<() => void> {
  let release = () => {};
  const held = new Promise<void>((go) => (release = go));
  await page.route('**/uploads?*', async (route) => {
    await held;
    await route.fulfill({ json: { path: '/root/uploads/late.txt' } });
  });
  return release;
}

test('a file on its way keeps no terminal that was left', async ({ page }) => {
  const release = await holdUploads(page);
  const sockets: WebSocket[] = [];
  page.on('websocket', (socket) => sockets.push(socket));
  await session.open(page);
  await give(page, 'drop', [{ name: 'late.txt', type: 'text/plain', text: 'x' }]);
  await expect(page.locator('.pane-shown .uploading')).toHaveText('Uploading 1 file to ~/uploads…');
  await page.getByRole('link', { name: 'All sessions' }).click();
  const open = () => sockets.filter((socket) => socket.url().includes('/api/terminal/') && !socket.isClosed());
  await expect.poll(open).toEqual([]);
  release();
});

test('files of a terminal that was closed are not counted for the next', { tag: '@desktop' }, async ({ page }) => {
  const release = await holdUploads(page);
  const terminal = await session.open(page);
  await terminal.openTabs(2);
  await give(page, 'drop', ['one.txt', 'two.txt'].map((name) => ({ name, type: 'text/plain', text: 'x' })));
  await expect(page.locator('#pane-2 .uploading')).toHaveText('Uploading 2 files to ~/uploads…');
  await terminal.run('Close terminal');
  await expect(terminal.tabs).toHaveCount(1);
  const answered = page.waitForResponse('**/uploads?*');
  release();
  await answered;
  await terminal.openTabs(2);
  await expect(page.locator('#pane-2 .uploading')).toHaveText('');
});

test('what can’t be uploaded is said', async ({ faults, page }) => {
  faults.expect(/uploads/);
  await session.open(page);
  await page.route('**/uploads?*', (route) =>
    route.fulfill({ status: 413, json: { error: 'It is larger than 100 MiB.', code: 'VALIDATION_ERROR', request_id: 'r1' } }),
  );
  await give(page, 'drop', [{ name: 'big.bin', type: '', text: 'x' }]);
  await expect(page.locator('.toast')).toContainText('“big.bin” was not uploaded: It is larger than 100 MiB.');
  await expect(page.locator('.toast').getByRole('button', { name: 'Copy details' })).toBeVisible();
});
