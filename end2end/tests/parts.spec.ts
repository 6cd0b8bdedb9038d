// Parts of the page's wasm that can't be fetched: it is said, the page goes on, and another try brings them.
import type { Page } from '@playwright/test';

import { expect, test } from '../fixtures.ts';
import { hydrated } from '../pages/dashboard.ts';
import { Terminal } from '../pages/terminal.ts';
import { eachInASession } from '../support/session.ts';

const session = eachInASession();

/** What the browser and the loader say of a part that is not there. */
const NOT_FETCHED = /Failed to load resource|Failed to fetch|HTTP status code is not ok|Incorrect response MIME type/;

const WORKBENCH = '**/pkg/split_workbench*.wasm';
const SETTINGS = '**/pkg/split_settings*.wasm';

const said = (page: Page, what: string) => page.getByRole('alert').filter({ hasText: `${what} could not be loaded.` });

test('terminals that could not be loaded come upon another try, and the page lives on', async ({ axe, faults, page }) => {
  faults.expect(NOT_FETCHED);
  await page.route(WORKBENCH, (route) => route.abort());
  await page.goto(`/sessions/${session.id()}`);
  const notice = said(page, 'The terminals');
  await expect(notice).toBeVisible();
  expect(await axe(page)).toEqual([]);
  await page.screenshot({ path: `end2end/results/look/part-missing-${test.info().project.name}.png` });

  // What is there works.
  await page.getByRole('button', { name: 'Settings' }).click();
  await expect(page.getByRole('dialog', { name: 'Settings' })).toBeVisible();
  await page.keyboard.press('Escape');

  const failed = page.waitForEvent('requestfailed');
  await notice.getByRole('button', { name: 'Try again' }).click();
  await failed;
  await expect(notice.getByRole('button', { name: 'Try again' })).toBeVisible();

  await page.unroute(WORKBENCH);
  await notice.getByRole('button', { name: 'Try again' }).click();
  const terminal = await new Terminal(page).ready();
  await expect(notice).toBeHidden();
  await terminal.type('echo alive-$((1 + 1))');
  await terminal.sees('alive-2');
});

test('settings that could not be loaded can be left, and opened later', async ({ faults, page }) => {
  faults.expect(NOT_FETCHED);
  await hydrated(page);
  await page.route(SETTINGS, (route) => route.abort());
  const settings = page.getByRole('button', { name: 'Settings' });
  await settings.click();
  const notice = said(page, 'The settings');
  await expect(notice).toBeVisible();
  await notice.getByRole('button', { name: 'Dismiss' }).click();
  await expect(notice).toBeHidden();
  await page.unroute(SETTINGS);
  await settings.click();
  await expect(page.getByRole('dialog', { name: 'Settings' })).toBeVisible();
});

test('a page that was open during an update is reloaded by a press', async ({ faults, page }) => {
  faults.expect(NOT_FETCHED);
  // Another build has other names.
  await page.route(WORKBENCH, (route) => route.fulfill({ status: 404, json: { error: 'No such file.', code: 'NOT_FOUND' } }));
  await page.goto(`/sessions/${session.id()}`);
  const notice = said(page, 'The terminals');
  await expect(notice).toBeVisible();
  await page.unroute(WORKBENCH);
  await notice.getByRole('button', { name: 'Reload' }).click();
  await new Terminal(page).ready();
  await expect(notice).toBeHidden();
});

test('parts are named after their build', async ({ page }) => {
  const part = page.waitForRequest(WORKBENCH);
  await page.goto(`/sessions/${session.id()}`);
  expect((await part).url()).toMatch(/\/split_workbench\.[0-9a-f]{16}\.wasm$/);
});
