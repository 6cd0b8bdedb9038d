// Folders with many files.
import { writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import type { APIRequestContext } from '@playwright/test';

import { put } from '../pages/files.ts';

/** Makes so many files in the folder `many`, and one that comes after them. */
export async function fill(api: APIRequestContext, dataDir: string, count: number): Promise<void> {
  await put(api, 'many/last', '');
  const people = join(dataDir, 'files');
  const person = (await readdir(people)).find((name) => name !== 'by-email' && !name.startsWith('.'));
  const folder = join(people, person ?? '', 'home/many');
  for (let number = 0; number < count; number += 1) writeFileSync(join(folder, `file-${String(number).padStart(5, '0')}`), '');
}

/** A thousand small files in four folders, to be dropped. */
export function thousand(): { path: string; text: string }[] {
  return Array.from({ length: 1000 }, (_, number) => ({
    path: `project/part-${Math.floor(number / 250)}/file-${number}.txt`,
    text: `number ${number}`,
  }));
}
