// A person's files, as they see them: in the drawer at a desk, on their own page on a phone.
import { type APIRequestContext, type Locator, type Page, expect } from '@playwright/test';

import { hydrated } from './dashboard.ts';

/** What is dropped: a file, or a folder of them. */
export interface Dropped {
  path: string;
  text: string;
}

export class Files {
  readonly drawer: Locator;
  readonly list: Locator;
  readonly search: Locator;

  constructor(readonly page: Page) {
    this.drawer = page.getByRole('dialog', { name: 'Files', exact: true });
    this.list = page.getByRole('grid');
    this.search = page.getByRole('searchbox', { name: 'Find by name' });
  }

  /** From the list of sessions, as a person would: by the button in its bar, or by the bar at a phone's bottom. */
  async open(): Promise<this> {
    await this.page.goto('/');
    await hydrated(this.page);
    const button = this.page.getByRole('button', { name: 'Files', exact: true });
    if (await button.isVisible()) await button.click();
    else await this.page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Files' }).click();
    return this.ready();
  }

  /** At a folder, on their own page. */
  async openPage(path = ''): Promise<this> {
    await this.page.goto(path ? `/files?path=${encodeURIComponent(path)}` : '/files');
    return this.ready();
  }

  /** Waits until rows, or their absence, are shown. */
  async ready(): Promise<this> {
    await expect(this.list).toHaveAttribute('aria-busy', 'false');
    return this;
  }

  row(name: string): Locator {
    return this.list.getByRole('row').filter({ has: this.page.locator('.file-text').getByText(name, { exact: true }) });
  }

  /** The names that are drawn, in order. */
  names(): Promise<string[]> {
    return this.list.locator('.file-row .file-text').allTextContents();
  }

  async enter(name: string): Promise<void> {
    await this.row(name).locator('.file-text').click();
    await expect(this.list).toHaveAccessibleName(`Files in ${name}`);
    await this.ready();
  }

  /** Opens a row's menu and presses an item. */
  async choose(name: string, item: string): Promise<void> {
    await this.row(name).getByRole('button', { name: `More for ${name}` }).click();
    await this.page.getByRole('menuitem', { name: item }).click();
  }

  /** Presses an item of the folder's menu. */
  async folder(item: string): Promise<void> {
    await this.page.getByRole('button', { name: 'More for this folder' }).click();
    await this.page.getByRole(/Hidden|Select/.test(item) ? 'menuitemcheckbox' : 'menuitem', { name: item }).click();
  }

  async select(...names: string[]): Promise<void> {
    for (const name of names) await this.row(name).getByRole('checkbox').click();
  }

  async upload(files: { name: string; text: string | Buffer }[]): Promise<void> {
    await this.page.getByRole('button', { name: 'Upload', exact: true }).click();
    const chooser = this.page.waitForEvent('filechooser');
    await this.page.getByRole('menuitem', { name: 'Upload files…' }).click();
    await (await chooser).setFiles(
      files.map(({ name, text }) => ({ name, mimeType: 'application/octet-stream', buffer: Buffer.from(text) })),
    );
  }

  /** Drops files, and folders of them, as the browser tells of a drop from elsewhere. */
  async drop(files: Dropped[]): Promise<void> {
    await this.page.locator('.files').evaluate((element, files) => {
      // Scripts can't make entries of the file system, so these stand for them.
      const file = ({ path, text }: Dropped) => {
        const name = path.split('/').at(-1) ?? '';
        return { name, isFile: true, file: (done: (file: File) => void) => done(new File([text], name)) };
      };
      const folder = (name: string, within: Dropped[]): object => {
        const waiting = [children(within)];
        const readEntries = (done: (entries: object[]) => void) => {
          const all = waiting.pop() ?? [];
          // As Chromium does: a hundred at a time.
          if (all.length > 100) waiting.push(all.slice(100));
          done(all.slice(0, 100));
        };
        return { name, isFile: false, createReader: () => ({ readEntries }) };
      };
      const children = (within: Dropped[]): object[] => {
        const folders = new Map<string, Dropped[]>();
        const found: object[] = [];
        for (const one of within) {
          const [first, ...rest] = one.path.split('/');
          if (rest.length === 0) found.push(file(one));
          else folders.set(first, [...(folders.get(first) ?? []), { ...one, path: rest.join('/') }]);
        }
        for (const [name, inner] of folders) found.push(folder(name, inner));
        return found;
      };
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File(['x'], 'x'));
      const items = children(files).map((entry) => ({ kind: 'file', webkitGetAsEntry: () => entry }));
      Object.defineProperty(dataTransfer, 'items', { value: items });
      const options = { bubbles: true, cancelable: true, dataTransfer };
      element.dispatchEvent(new DragEvent('dragover', options));
      element.dispatchEvent(new DragEvent('drop', options));
    }, files);
  }

  /** The queue's own summary. */
  get uploads(): Locator {
    return this.page.getByRole('region', { name: 'Uploads' });
  }

  preview(name: string): Locator {
    return this.page.getByRole('dialog', { name, exact: true });
  }

  toast(text: string | RegExp): Locator {
    return this.page.locator('.toast').filter({ hasText: text });
  }
}

/** Puts a file there without the page; folders above it are made. */
export async function put(api: APIRequestContext, path: string, data: string | Buffer): Promise<void> {
  const answer = await api.post(`/api/storage/upload?path=${encodeURIComponent(path)}&clash=replace&even_protected=true`, {
    data: Buffer.from(data),
    headers: { 'content-type': 'application/octet-stream' },
  });
  expect(answer.status(), await answer.text()).toBe(201);
}

/** What sessions have mounts at, once one ran: the server deletes none of these. */
const MOUNTS = ['.cache', '.npm', '.claude/debug', '.claude/plugins/cache', 'workspace'];

/** Leaves home without anything but what sessions stand on. */
export async function emptyHome(api: APIRequestContext): Promise<void> {
  const holdsMounts = (path: string) => MOUNTS.some((mount) => mount.startsWith(`${path}/`));
  const empty = async (folder: string): Promise<void> => {
    const address = `/api/storage/browse?hidden=true&limit=1000&path=${encodeURIComponent(folder)}`;
    for (;;) {
      const { entries }: { entries: { name: string; kind: string }[] } = await (await api.get(address)).json();
      const paths = entries.map(({ name }) => (folder ? `${folder}/${name}` : name));
      const items = paths.filter((path) => !MOUNTS.includes(path) && !holdsMounts(path)).map((path) => ({ path }));
      if (items.length === 0) {
        for (const [at, path] of paths.entries()) {
          if (holdsMounts(path) && entries[at].kind === 'folder') await empty(path);
        }
        return;
      }
      const answer = await api.post('/api/storage/delete', { data: { items, even_protected: true } });
      const outcome: { failed: { error: string }[] } = await answer.json();
      expect(outcome.failed, JSON.stringify(outcome)).toEqual([]);
    }
  };
  await empty('');
  const trash: { id: string }[] = await (await api.get('/api/storage/trash')).json();
  for (let at = 0; at < trash.length; at += 1000) {
    const trashed = trash.slice(at, at + 1000).map(({ id }) => id);
    expect((await api.post('/api/storage/delete', { data: { trashed } })).ok()).toBe(true);
  }
}
