// A program in the container wants a person to sign in elsewhere, and be sent back to its localhost.
import type { Page } from '@playwright/test';

import { expect, test } from '../fixtures.ts';
import { eachInASession } from '../support/session.ts';

const session = eachInASession();

const PORT = 14_555;
const authorize = (redirect: string) =>
  `https://auth.example.com/oauth/authorize?client_id=app&response_type=code&redirect_uri=${encodeURIComponent(redirect)}&state=s1`;

const bar = (page: Page) => page.locator('.pane-shown .sign-in-bar');

/** The page's own tab stays where it is: links to elsewhere are answered here. */
async function answerElsewhere(page: Page): Promise<string[]> {
  const asked: string[] = [];
  await page.context().route(/^https:\/\/(auth\.example\.com|github\.com)\//, async (route) => {
    asked.push(route.request().url());
    await route.fulfill({ contentType: 'text/plain', body: 'a sign-in page' });
  });
  return asked;
}

test('a sign-in page is offered, opened apart, and its answer replayed in the container', async ({ axe, context, page }) => {
  const asked = await answerElsewhere(page);
  const terminal = await session.open(page);
  const url = authorize(`http://localhost:${PORT}/auth/callback`);
  // Answers one request, and says what it was asked for.
  const listener =
    `perl -MIO::Socket::INET -e '$s=IO::Socket::INET->new(LocalAddr=>"127.0.0.1",LocalPort=>${PORT},Listen=>1,ReuseAddr=>1)or die$!;` +
    `print"$ARGV[0]\\n";$c=$s->accept;$l=<$c>;$l=~s/\\s+$//;while(<$c>){last if/^\\s*$/}` +
    `print$c"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\nConnection: close\\r\\n\\r\\nok";close$c;print"got <$l>\\n"' '${url}'`;
  await terminal.type(`clear; ${listener}`);
  await expect(bar(page)).toContainText('auth.example.com');
  expect(await axe(page)).toEqual([]);

  const link = bar(page).getByRole('link', { name: 'Open sign-in page' });
  await expect(link).toHaveAttribute('href', url);
  const [tab] = await Promise.all([context.waitForEvent('page'), link.click()]);
  await tab.waitForLoadState();
  expect(asked).toEqual([url]);
  expect(await tab.evaluate(() => window.opener)).toBeNull();
  await tab.close();

  const field = bar(page).getByLabel('Paste the address the browser ended on');
  const send = bar(page).getByRole('button', { name: 'Send' });
  await field.fill('https://evil.example/?code=1');
  await send.click();
  await expect(bar(page).getByRole('alert')).toContainText('http://localhost');
  await field.fill(`http://localhost:${PORT + 1}/auth/callback?code=1`);
  await send.click();
  await expect(bar(page).getByRole('alert')).toContainText(`${PORT}`);
  await field.fill(`http://localhost:${PORT}/auth/callback?code=abc&state=s1`);
  await send.click();
  await expect(bar(page)).toHaveCount(0);
  await terminal.seesWrapped('got <GET /auth/callback?code=abc&state=s1 HTTP/1.');
});

test('the page says when nobody listens for the answer', async ({ faults, page }) => {
  faults.expect(/sign-in-callback/);
  await answerElsewhere(page);
  const terminal = await session.open(page);
  const url = authorize(`http://127.0.0.1:${PORT}/`);
  await terminal.type(`clear; echo '${url}'`);
  // Half of it was there while it was typed.
  const link = bar(page).getByRole('link', { name: 'Open sign-in page' });
  await expect(link).toHaveAttribute('href', url);
  await link.click();
  await bar(page).getByLabel('Paste the address the browser ended on').fill(`http://127.0.0.1:${PORT}/?code=1`);
  await bar(page).getByRole('button', { name: 'Send' }).click();
  await expect(bar(page).getByRole('alert')).not.toBeEmpty();
});

test('a page for a code is offered too, and a dismissed one stays away', async ({ page }) => {
  const terminal = await session.open(page);
  await terminal.type('clear; echo Open https://github.com/login/device and enter ABCD-1234');
  await expect(bar(page)).toContainText('github.com');
  await bar(page).getByRole('button', { name: /Dismiss/ }).click();
  await expect(bar(page)).toHaveCount(0);
  await terminal.type('echo more-$((1 + 1))');
  await terminal.sees('more-2');
  await expect(bar(page)).toHaveCount(0);
});

test('what only looks like a sign-in page is not offered', async ({ page }) => {
  const terminal = await session.open(page);
  await terminal.type("clear; printf '%s\\n' https://github.com@evil.example/login/device https://evil.example/login/device 'javascript://github.com/login/device'; echo end-$((1 + 1))");
  await terminal.sees('end-2');
  // A real one after it shows that the screen was looked at.
  await terminal.type('echo https://github.com/login/device; clear; echo https://microsoft.com/devicelogin');
  await expect(bar(page)).toContainText('microsoft.com');
});
