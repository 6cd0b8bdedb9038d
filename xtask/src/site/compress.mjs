// Puts a Brotli and a gzip form beside every file below the given folder that gains by it.
import { readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

/** Files that are not compressed already. */
const TEXTUAL = /\.(wasm|m?js|css|svg|html|json|webmanifest|txt)$/;
/** Below this a response fits one packet anyway. */
const WORTH_IT = 1024;

const forms = {
  '.br': (data) =>
    promisify(brotliCompress)(data, {
      params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: data.length },
    }),
  '.gz': (data) => promisify(gzip)(data, { level: 9 }),
};

const root = process.argv[process.argv.length - 1];
const files = (await readdir(root, { recursive: true })).filter((file) => TEXTUAL.test(file));
await Promise.all(
  files.map(async (name) => {
    const file = join(root, name);
    const { mtime, size } = await stat(file);
    if (size < WORTH_IT) return;
    const data = await readFile(file);
    for (const [suffix, compress] of Object.entries(forms)) {
      const present = await stat(file + suffix).catch(() => null);
      if (present && present.mtime >= mtime) continue;
      await writeFile(file + suffix, await compress(data));
      // The same time as its original's, so that caches take both for the same version.
      await utimes(file + suffix, mtime, mtime);
    }
  }),
);
