// Files that are looked at: text, pictures, PDF, Markdown, and those that would like to run something.
import type { Page, Request } from '@playwright/test';

import { expect, test } from '../fixtures.ts';
import { Files, emptyHome, put } from '../pages/files.ts';
import { look } from '../support/look.ts';

test.beforeEach(async ({ api, page, signIn }) => {
  await emptyHome(api);
  await signIn(page);
});

/** A red square of 64 by 64. */
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAEAAAABACAIAAAAlC+aJAAAAXElEQVR42u3PMQ0AAAgDsM0/aETwcDQpaJtJ5bOIgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgMDVAicXAAFgyXzbAAAAAElFTkSuQmCC',
  'base64',
);

/** A page of a PDF with a word on it. */
const PDF = `%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents 4 0 R/Resources<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>endobj
4 0 obj<</Length 42>>stream
BT /F1 24 Tf 40 100 Td (A page) Tj ET
endstream endobj
trailer<</Root 1 0 R>>`;

/** What a file does that gets to run: it asks the server for something, and marks the page that it is in. */
const EVIL = 'fetch("/api/sessions?ran");try{top.document.title="owned"}catch{}document.title="owned";window.ran=1';

/** Fails the test if anything asks for what only a script that runs would ask for. */
async function nothingRuns(page: Page): Promise<() => Promise<void>> {
  const asked: Request[] = [];
  const dialogs: string[] = [];
  page.on('request', (request) => asked.push(request));
  page.on('dialog', (dialog) => dialogs.push(dialog.message()));
  return async () => {
    expect(dialogs).toEqual([]);
    // What the browser refuses to fetch is told of too. A script that ran is not excused by that.
    const isFar = (request: Request) => /elsewhere\.example/.test(request.url()) && !/csp/i.test(request.failure()?.errorText ?? '');
    expect(asked.filter((request) => /[?&]ran/.test(request.url()) || isFar(request)).map((request) => request.url())).toEqual([]);
    for (const frame of page.frames()) {
      expect(await frame.title(), frame.url()).not.toContain('owned');
    }
  };
}

test('text has the numbers of its lines, and colours', async ({ api, axe, page }) => {
  await put(api, 'main.rs', '// A comment\nfn main() {\n    println!("<b>not bold</b> & \\"quoted\\"", 1);\n}\n');
  const files = await new Files(page).open();
  await files.row('main.rs').locator('.file-text').click();
  const preview = files.preview('main.rs');
  await expect(preview.locator('.hljs-comment')).toHaveText('// A comment');
  await expect(preview.locator('.preview-code')).toContainText('<b>not bold</b>');
  await expect(preview.locator('.preview-numbers')).toHaveText(/1\s+2\s+3\s+4/);
  await look(page, 'preview-text', axe);
  await preview.getByRole('button', { name: 'Close preview' }).click();
  await expect(preview).toBeHidden();
  await expect(files.list).toBeFocused();
});

test('of a large text the beginning is shown, without colours', async ({ api, page }) => {
  await put(api, 'large.js', 'const line = "of many";\n'.repeat(60_000));
  const files = await new Files(page).open();
  await files.row('large.js').locator('.file-text').click();
  const preview = files.preview('large.js');
  await expect(preview).toContainText('Its first MiB is shown.');
  await expect(preview.locator('.preview-code')).toContainText('const line');
  await expect(preview.locator('[class^=hljs]')).toHaveCount(0);
});

test('pictures are shown', async ({ api, axe, page }) => {
  await put(api, 'red.png', PNG);
  const files = await new Files(page).open();
  await files.row('red.png').locator('.file-text').click();
  const image = files.preview('red.png').getByRole('img');
  await expect.poll(() => image.evaluate((image) => (image as HTMLImageElement).naturalWidth)).toBe(64);
  await look(page, 'preview-image', axe);
});

test('a PDF is shown by the browser’s own viewer', { tag: '@desktop' }, async ({ api, page }) => {
  await put(api, 'page.pdf', PDF);
  const files = await new Files(page).open();
  const answered = page.waitForResponse('**/api/storage/preview?*');
  await files.row('page.pdf').locator('.file-text').click();
  const frame = files.preview('page.pdf').locator('iframe');
  await expect(frame).toHaveAttribute('src', /path=page\.pdf/);
  const answer = await answered;
  expect(answer.headers()['content-type']).toBe('application/pdf');
  await page.screenshot({ path: `end2end/results/look/${test.info().project.name}-preview-pdf.png` });
});

test('Markdown is shown as it is meant, and as it is written, and runs nothing', async ({ api, axe, faults, page }) => {
  faults.expect(/Blocked script execution|sandboxed|Content Security Policy|Refused to/);
  const settled = await nothingRuns(page);
  await put(
    api,
    'README.md',
    `# A title\n\nSome *words*.\n\n<script>${EVIL}</script>\n\n<img src=x onerror='${EVIL}'>\n\n[go](javascript:${encodeURIComponent(EVIL)})\n\n![far](http://elsewhere.example/x.png)\n`,
  );
  const files = await new Files(page).open();
  await files.row('README.md').locator('.file-text').click();
  const preview = files.preview('README.md');
  const frame = preview.frameLocator('iframe');
  await expect(frame.getByRole('heading', { name: 'A title' })).toBeVisible();
  await expect(preview.locator('iframe')).toHaveAttribute('sandbox', 'allow-popups allow-popups-to-escape-sandbox');
  await settled();
  // axe waits in vain for an answer from a frame that runs nothing.
  await page.screenshot({ path: `end2end/results/look/${test.info().project.name}-preview-rendered.png` });
  await preview.getByRole('button', { name: 'Source' }).click();
  await expect(preview.locator('.preview-code')).toContainText('# A title');
  await look(page, 'preview-markdown', axe);
  await settled();
});

test('HTML and SVG that would run something run nothing', async ({ api, faults, page }) => {
  faults.expect(/Blocked script execution|sandboxed|Content Security Policy|Refused to/);
  const settled = await nothingRuns(page);
  await put(api, 'evil.html', `<!doctype html><title>x</title><script>${EVIL}</script><body onload='${EVIL}'>`);
  await put(
    api,
    'evil.svg',
    `<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40" onload='${EVIL}'><script>${EVIL}</script><rect width="40" height="40" fill="red"/><image href="http://elsewhere.example/x.png"/></svg>`,
  );
  await put(api, 'evil.js', `</code><img src=x onerror='${EVIL}'><script>${EVIL}</script>`);
  await put(api, 'evil.md', `<script>${EVIL}</script>\n\n<img src=x onerror='${EVIL}'>\n`);
  await put(api, '<img src=x onerror=alert(1)>.txt', 'a name that is no markup');
  const files = await new Files(page).open();
  await files.row('evil.html').locator('.file-text').click();
  await expect(files.preview('evil.html').locator('.preview-code')).toContainText('<script>');
  await settled();
  await page.keyboard.press('Escape');
  await files.row('evil.js').locator('.file-text').click();
  await expect(files.preview('evil.js').locator('.preview-code')).toContainText('</code>');
  await expect(files.preview('evil.js').locator('.preview-code img')).toHaveCount(0);
  await page.keyboard.press('Escape');
  await files.row('evil.svg').locator('.file-text').click();
  const image = files.preview('evil.svg').getByRole('img');
  await expect.poll(() => image.evaluate((image) => (image as HTMLImageElement).naturalWidth)).toBe(40);
  await settled();
  await page.keyboard.press('Escape');
  await files.row('<img src=x onerror=alert(1)>.txt').locator('.file-text').click();
  await expect(files.preview('<img src=x onerror=alert(1)>.txt')).toContainText('a name that is no markup');
  await settled();

  // Opened by themselves, they run nothing either.
  for (const name of ['evil.html', 'evil.svg']) {
    const answer = await page.request.get(`/api/storage/preview?path=${name}`);
    expect(answer.headers()['content-security-policy']).toContain('sandbox');
    expect(answer.headers()['x-content-type-options']).toBe('nosniff');
    expect(answer.headers()['content-type']).not.toContain('html');
  }
  for (const address of ['path=evil.html', 'path=evil.js', 'path=evil.md&as=html']) {
    await page.goto(`/api/storage/preview?${address}`);
    await settled();
  }
  // A drawing is kept, not shown.
  await expect(page.goto('/api/storage/preview?path=evil.svg')).rejects.toThrow('Download is starting');
  await settled();
});

test('what can’t be shown is described', async ({ api, axe, page }) => {
  await put(api, 'data.bin', Buffer.from([0, 1, 2, 255, 0, 128]));
  const files = await new Files(page).open();
  await files.row('data.bin').locator('.file-text').click();
  const preview = files.preview('data.bin');
  await expect(preview).toContainText('There is no preview of this kind of file.');
  await expect(preview).toContainText('6 B (6 bytes)');
  await look(page, 'preview-facts', axe);
  const saved = page.waitForEvent('download');
  await preview.getByRole('link', { name: 'Download' }).click();
  expect((await saved).suggestedFilename()).toBe('data.bin');
});
