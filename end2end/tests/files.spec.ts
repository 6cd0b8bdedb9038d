// The files drawer: browse, make, rename, move, copy, delete, restore, search; with the mouse and by keyboard.
import { expect, test } from '../fixtures.ts';
import { Files, emptyHome, put } from '../pages/files.ts';
import { Terminal } from '../pages/terminal.ts';
import { look } from '../support/look.ts';

test.beforeEach(async ({ api, page, signIn }) => {
  await emptyHome(api);
  await signIn(page);
});

test('folders are made, entered and left', async ({ axe, page }) => {
  const files = await new Files(page).open();
  await expect(page.getByText('Nothing here yet')).toBeVisible();
  await look(page, 'files-empty', axe);
  await page.getByRole('button', { name: 'New folder' }).click();
  const name = page.getByRole('textbox', { name: 'Name' });
  await name.fill('a/b');
  await page.getByRole('button', { name: 'Make folder' }).click();
  await expect(page.getByText('A name has no slash.')).toBeVisible();
  await look(page, 'files-new-folder', axe);
  await name.fill('projects');
  await name.press('Enter');
  await expect(files.row('projects')).toBeVisible();
  await files.enter('projects');
  await page.getByRole('button', { name: 'New folder' }).click();
  await name.fill('inner');
  await name.press('Enter');
  await files.enter('inner');
  await page.getByRole('navigation', { name: 'Folders' }).getByRole('button', { name: 'Home' }).click();
  await expect(files.row('projects')).toBeVisible();
});

test('a name that is taken is said', async ({ api, faults, page }) => {
  faults.expect(/status of 409/);
  await put(api, 'taken/x', 'x');
  const files = await new Files(page).open();
  await page.getByRole('button', { name: 'New folder' }).click();
  await page.getByRole('textbox', { name: 'Name' }).fill('taken');
  await page.keyboard.press('Enter');
  await expect(files.toast('“taken” was not made')).toBeVisible();
});

test('rows say what they are, and are sorted as they are asked to be', async ({ api, axe, page }) => {
  await put(api, 'b-small.txt', 'x');
  await put(api, 'a-large.json', 'x'.repeat(5000));
  await put(api, 'folder/inner.txt', 'x');
  const files = await new Files(page).open();
  await expect.poll(() => files.names()).toEqual(['folder', 'a-large.json', 'b-small.txt']);
  await expect(files.row('a-large.json')).toContainText('4.9 KiB');
  await expect(files.row('a-large.json')).toContainText(/just now|s ago/);
  await look(page, 'files-list', axe);
  await page.getByRole('button', { name: 'Name', exact: true }).click();
  await expect.poll(() => files.names()).toEqual(['folder', 'b-small.txt', 'a-large.json']);
  await page.getByRole('button', { name: 'Size', exact: true }).click();
  await expect.poll(() => files.names()).toEqual(['folder', 'a-large.json', 'b-small.txt']);
  await expect(page.getByRole('columnheader', { name: 'Size' })).toHaveAttribute('aria-sort', 'descending');
  await page.getByRole('button', { name: 'Type', exact: true }).click();
  await expect.poll(() => files.names()).toEqual(['folder', 'a-large.json', 'b-small.txt']);
});

test('something is renamed, and moved back by Undo', async ({ api, page }) => {
  await put(api, 'old.txt', 'x');
  const files = await new Files(page).open();
  await files.choose('old.txt', 'Rename');
  const name = page.getByRole('textbox', { name: 'Name' });
  await expect(name).toBeFocused();
  // The ending is not selected.
  await page.keyboard.type('new');
  await expect(name).toHaveValue('new.txt');
  await page.keyboard.press('Enter');
  await expect(files.row('new.txt')).toBeVisible();
  await expect(files.row('old.txt')).toBeHidden();
  await files.toast('Moved “new.txt”.').getByRole('button', { name: 'Undo' }).click();
  await expect(files.row('old.txt')).toBeVisible();
});

test('several are moved and copied into a folder', async ({ api, axe, page }) => {
  for (const path of ['one.txt', 'two.txt', 'target/inner/x']) await put(api, path, 'x');
  const files = await new Files(page).open();
  await files.select('one.txt', 'two.txt');
  await expect(page.getByText('2 selected')).toBeVisible();
  await look(page, 'files-selected', axe);
  const bar = page.getByRole('toolbar', { name: 'Selected files' });
  await bar.getByRole('button', { name: 'Copy' }).click();
  const picker = page.getByRole('dialog', { name: 'Copy 2 items' });
  await picker.getByRole('button', { name: 'target' }).click();
  await look(page, 'files-picker', axe);
  await picker.getByRole('button', { name: 'Copy here' }).click();
  await expect(files.toast('Copied 2 items.')).toBeVisible();
  await files.select('one.txt', 'two.txt');
  await bar.getByRole('button', { name: 'Move' }).click();
  const mover = page.getByRole('dialog', { name: 'Move 2 items' });
  await expect(mover.getByRole('button', { name: 'Move here' })).toBeDisabled();
  await mover.getByRole('button', { name: 'target' }).click();
  await mover.getByRole('button', { name: 'inner' }).click();
  await mover.getByRole('button', { name: 'Move here' }).click();
  await expect(files.toast('Moved 2 items.')).toBeVisible();
  await expect.poll(() => files.names()).toEqual(['target']);
  await files.enter('target');
  await expect.poll(() => files.names()).toEqual(['inner', 'one.txt', 'two.txt']);
  await files.enter('inner');
  await expect.poll(() => files.names()).toEqual(['one.txt', 'two.txt', 'x']);
});

test('what can’t be moved is listed', async ({ api, page }) => {
  for (const path of ['a.txt', 'b.txt', 'target/a.txt']) await put(api, path, 'x');
  const files = await new Files(page).open();
  await files.select('a.txt', 'b.txt');
  await page.getByRole('toolbar', { name: 'Selected files' }).getByRole('button', { name: 'Move' }).click();
  const mover = page.getByRole('dialog', { name: 'Move 2 items' });
  await mover.getByRole('button', { name: 'target' }).click();
  await mover.getByRole('button', { name: 'Move here' }).click();
  const undone = page.getByRole('dialog', { name: /was not moved/ });
  await expect(undone.getByRole('listitem')).toHaveCount(1);
  await expect(undone).toContainText('a.txt');
  await undone.getByRole('button', { name: 'Close' }).click();
  await expect.poll(() => files.names()).toEqual(['target', 'a.txt']);
});

test('what is deleted comes back by Undo, or out of the trash', async ({ api, axe, page }) => {
  for (const path of ['keep.txt', 'gone.txt', 'folder/inner.txt']) await put(api, path, 'x');
  const files = await new Files(page).open();
  await files.choose('gone.txt', 'Delete');
  await expect(files.row('gone.txt')).toBeHidden();
  const toast = files.toast('Deleted “gone.txt”.');
  await expect(toast).toBeVisible();
  await look(page, 'files-undo', axe);
  await toast.getByRole('button', { name: 'Undo' }).click();
  await expect(files.row('gone.txt')).toBeVisible();

  await files.select('gone.txt', 'folder');
  await page.getByRole('button', { name: 'Delete 2' }).click();
  await expect.poll(() => files.names()).toEqual(['keep.txt']);
  await files.folder('Trash');
  const trash = page.getByRole('region', { name: 'Trash' });
  await expect(trash.getByRole('listitem')).toHaveCount(2);
  await look(page, 'files-trash', axe);
  await page.getByRole('button', { name: 'Restore folder' }).click();
  await expect(trash.getByRole('listitem')).toHaveCount(1);
  await page.getByRole('button', { name: 'Empty trash' }).click();
  const sure = page.getByRole('dialog', { name: /Empty the trash/ });
  await expect(sure.getByRole('button', { name: 'Cancel' })).toBeFocused();
  await sure.getByRole('button', { name: 'Delete for ever' }).click();
  await expect(page.getByText('The trash is empty')).toBeVisible();
  await page.getByRole('button', { name: 'Back to files' }).click();
  await expect.poll(() => files.names()).toEqual(['folder', 'keep.txt']);
});

test('hidden and protected things are asked about twice', async ({ api, axe, page }) => {
  await put(api, '.config/tool/settings', 'x');
  await put(api, '.hidden', 'x');
  await put(api, 'seen', 'x');
  const files = await new Files(page).open();
  await expect.poll(() => files.names()).toEqual(['seen']);
  await files.folder('Hidden files');
  // Sessions of other tests leave what they have mounts at.
  const names = async () => (await files.names()).filter((name) => !['.cache', '.claude', '.npm'].includes(name));
  await expect.poll(names).toEqual(['.config', '.hidden', 'seen']);
  await expect(files.row('.config')).toContainText('protected');
  await look(page, 'files-hidden', axe);
  await files.choose('.config', 'Delete');
  const sure = page.getByRole('dialog', { name: 'Delete “.config”?' });
  await sure.getByRole('button', { name: 'Go on…' }).click();
  await expect(sure).toContainText('second question');
  await look(page, 'files-protected', axe);
  await sure.getByRole('button', { name: 'Cancel' }).click();
  await expect(files.row('.config')).toBeVisible();
  await files.choose('.config', 'Delete');
  await sure.getByRole('button', { name: 'Go on…' }).click();
  await sure.getByRole('button', { name: 'Yes, do it' }).click();
  await expect(files.row('.config')).toBeHidden();
  await files.folder('Hidden files');
  await expect.poll(() => files.names()).toEqual(['seen']);
});

test('names are found in all folders', async ({ api, axe, page }) => {
  await put(api, 'one/two/Needle.txt', 'found me');
  await put(api, 'one/hay.txt', 'x');
  const files = await new Files(page).open();
  await page.getByRole('button', { name: 'Search' }).click();
  await expect(files.search).toBeFocused();
  await files.search.fill('needle');
  const found = page.getByRole('region', { name: 'Found' });
  await expect(found.getByRole('listitem')).toHaveCount(1);
  await expect(found).toContainText('one/two');
  await look(page, 'files-search', axe);
  await found.getByRole('button', { name: /Needle.txt/ }).click();
  await expect(files.preview('Needle.txt')).toContainText('found me');
  await page.keyboard.press('Escape');
  await expect(files.list).toHaveAccessibleName('Files in two');
  await page.getByRole('button', { name: 'Search' }).click();
  await files.search.fill('nothing of that kind');
  await expect(found).toContainText('Nothing by that name.');
});

test('all of it works by keyboard alone', { tag: '@desktop' }, async ({ api, page }) => {
  for (const name of ['alpha', 'beta', 'gamma', 'delta']) await put(api, `${name}.txt`, name);
  await put(api, 'folder/inner.txt', 'x');
  await page.goto('/');
  const files = new Files(page);
  await expect(page.locator('html[data-hydrated]')).toBeAttached();
  const button = page.getByRole('button', { name: 'Files', exact: true });
  await button.focus();
  await page.keyboard.press('Enter');
  await files.ready();
  await expect(files.list).toBeFocused();
  const selected = () => files.list.locator('[aria-selected=true] .file-text').allTextContents();
  // Asked in one go: while a folder is read there is none.
  const active = () =>
    files.list.evaluate((list) => {
      const row = document.getElementById(list.getAttribute('aria-activedescendant') ?? '');
      return row?.querySelector('.file-text')?.textContent ?? null;
    });
  await expect.poll(active).toBe('folder');
  await page.keyboard.press('ArrowDown');
  await expect.poll(active).toBe('alpha.txt');
  await page.keyboard.press('Shift+ArrowDown');
  await page.keyboard.press('Shift+ArrowDown');
  await expect.poll(selected).toEqual(['alpha.txt', 'beta.txt', 'delta.txt']);
  await page.keyboard.press('Shift+ArrowUp');
  await expect.poll(selected).toEqual(['alpha.txt', 'beta.txt']);
  await page.keyboard.press('Escape');
  await expect.poll(selected).toEqual([]);
  await page.keyboard.press('End');
  await expect.poll(active).toBe('gamma.txt');
  await page.keyboard.press('Space');
  await expect.poll(selected).toEqual(['gamma.txt']);
  await page.keyboard.press('Control+a');
  await expect.poll(selected).toHaveLength(5);
  await page.keyboard.press('Escape');
  await page.keyboard.press('Home');
  await page.keyboard.type('de');
  await expect.poll(active).toBe('delta.txt');
  await page.keyboard.press('F2');
  await page.keyboard.type('zeta');
  await page.keyboard.press('Enter');
  await expect(files.row('zeta.txt')).toBeVisible();
  await expect(files.list).toBeFocused();
  await page.keyboard.press('Delete');
  await expect(files.row('zeta.txt')).toBeHidden();
  await page.keyboard.press('Home');
  await page.keyboard.press('Enter');
  await expect(files.list).toHaveAccessibleName('Files in folder');
  await expect(files.row('inner.txt')).toBeVisible();
  await page.keyboard.press('Backspace');
  await expect.poll(active).toBe('folder');
  await page.keyboard.press('Shift+F10');
  await expect(page.getByRole('menuitem', { name: 'Open' })).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await expect(page.getByRole('menuitem', { name: 'Download' })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(files.list).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(files.drawer).toBeHidden();
  await expect(button).toBeFocused();
  await page.keyboard.press('Control+Shift+E');
  await expect(files.drawer).toBeVisible();
});

test('a row’s menu, with nothing too small for a finger', async ({ api, axe, isMobile, page }) => {
  await put(api, 'a file with quite a long name, as people give them, and more of it.txt', 'x');
  await put(api, 'short.txt', 'x');
  const files = await new Files(page).open();
  await files.row('short.txt').getByRole('button', { name: 'More for short.txt' }).click();
  await look(page, 'files-menu', axe);
  await page.keyboard.press('Escape');
  if (!isMobile) return;
  const small = await page.evaluate(() =>
    [...document.querySelectorAll('button, a.button, input, select')]
      .map((element) => ({ element, box: element.getBoundingClientRect() }))
      .filter(({ box }) => box.width > 0 && (box.height < 39.5 || box.width < 39.5))
      .map(({ element, box }) => `${element.outerHTML.slice(0, 120)} ${box.width}×${box.height}`),
  );
  expect(small).toEqual([]);
});

test('what changes elsewhere shows in the open drawer, and keeps what is selected', async ({ api, page }) => {
  await put(api, 'old.txt', 'x');
  const files = await new Files(page).open();
  await files.select('old.txt');
  await put(api, 'new.txt', 'x');
  await expect(files.row('new.txt')).toBeVisible({ timeout: 2_000 });
  await expect(files.row('old.txt')).toHaveAttribute('aria-selected', 'true');
  await api.post('/api/storage/delete', { data: { items: [{ path: 'old.txt' }] } });
  await expect(files.row('old.txt')).toBeHidden({ timeout: 2_000 });
  await expect(page.getByText('1 selected')).toBeHidden();
});

test('a folder that goes while it is open leads to the one above', async ({ api, faults, page }) => {
  faults.expect(/status of 404/);
  await put(api, 'folder/x', 'x');
  const files = await new Files(page).open();
  await files.enter('folder');
  await api.post('/api/storage/delete', { data: { items: [{ path: 'folder' }] } });
  await expect(files.toast('“folder” is not there any more.')).toBeVisible();
  await expect(files.list).toHaveAccessibleName('Files');
});

test('beside a terminal: what one writes the other shows', async ({ api, axe, faults, isMobile, page }) => {
  // The session goes while its workspace is looked at.
  faults.expect(/status of 404/);
  const made: { id: string } = await (await api.post('/api/sessions', { data: { name: 'Beside' } })).json();
  expect((await api.post(`/api/sessions/${made.id}/start`)).ok()).toBe(true);
  const terminal = await new Terminal(page).open(made.id);
  await terminal.type('cd ~ && clear');
  const files = new Files(page);
  await page.keyboard.press('Control+Shift+E');
  await files.ready();
  if (isMobile) {
    await look(page, 'files-sheet', axe);
    // The sheet has the page to itself until its backdrop is pressed.
    await page.locator('.drawer-backdrop').tap({ position: { x: 100, y: 20 } });
    await expect(files.drawer).toBeHidden();
    await page.getByRole('button', { name: 'More for Beside' }).tap();
    await page.getByRole('menuitem', { name: 'Files' }).tap();
    await expect(files.drawer).toBeVisible();
    await expect(page.getByRole('combobox', { name: 'Whose files' })).toHaveValue(made.id);
  } else {
    await terminal.type('echo hello > ~/from-terminal.txt');
    await expect(files.row('from-terminal.txt')).toBeVisible({ timeout: 2_000 });
    await look(page, 'files-beside', axe);
    await files.upload([{ name: 'from-drawer.txt', text: 'the drawer was here' }]);
    await expect(files.row('from-drawer.txt')).toBeVisible();
    await terminal.type('cat ~/from-drawer.txt');
    await terminal.sees('the drawer was here');
    await page.getByRole('combobox', { name: 'Whose files' }).selectOption({ label: 'Workspace of Beside' });
    await terminal.type('echo x > ~/workspace/mine.txt');
    await expect(files.row('mine.txt')).toBeVisible({ timeout: 2_000 });
  }
  expect((await api.delete(`/api/sessions/${made.id}`)).ok()).toBe(true);
});

test('the page of a folder has an address', async ({ api, page }) => {
  await put(api, 'a b/ä&c/x.txt', 'x');
  const files = await new Files(page).openPage('a b/ä&c');
  await expect(files.row('x.txt')).toBeVisible();
  await page.getByRole('navigation', { name: 'Folders' }).getByRole('button', { name: 'a b' }).click();
  await expect(files.row('ä&c')).toBeVisible();
  expect(new URL(page.url()).searchParams.get('path')).toBe('a b');
  await page.goBack();
  await expect(files.row('x.txt')).toBeVisible();
  await page.reload();
  await expect(files.row('x.txt')).toBeVisible();
});
