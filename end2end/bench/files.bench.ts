// Files in the page: many that come at once, and a long folder under a finger.
import { expect, test } from '../fixtures.ts';
import { Files, emptyHome } from '../pages/files.ts';
import { fill, thousand } from '../support/many.ts';
import { percentile, report } from './measures.ts';

const ENTRIES = 50_000;
/** Steps of a scroll from one end to the other, a frame each. */
const STEPS = 120;

test.beforeEach(async ({ api, page, signIn }) => {
  await emptyHome(api);
  await signIn(page);
});

test('files-dropped', async ({ page }) => {
  const files = await new Files(page).open();
  const begun = Date.now();
  await files.drop(thousand());
  await expect(files.uploads).toContainText('1000 files uploaded', { timeout: 90_000 });
  const value = (Date.now() - begun) / 1000;
  report({ benchmark: 'files-dropped', measure: '1,000 small files in folders', value, unit: 's', limit: { kind: 'below', bound: 10 } });
});

test('files-scrolled', async ({ api, faults, page, server }) => {
  await fill(api, server.dataDir, ENTRIES);
  const files = await new Files(page).openPage('many');
  await expect(files.list).toHaveAttribute('aria-rowcount', String(ENTRIES + 2));
  const apart = await files.list.evaluate(async (list, steps) => {
    const apart: number[] = [];
    let last = performance.now();
    for (let step = 0; step < steps; step += 1) {
      list.scrollTop = (list.scrollHeight * step) / steps;
      await new Promise((drawn) => requestAnimationFrame(drawn));
      apart.push(performance.now() - last);
      last = performance.now();
    }
    return apart;
  }, STEPS);
  report({
    benchmark: 'files-scrolled',
    measure: 'frames of 50,000 entries, p50',
    value: 1000 / percentile(apart, 0.5),
    unit: '/s',
    limit: { kind: 'at_least', bound: 30 },
    samples: STEPS,
    note: `p95 ${percentile(apart, 0.95).toFixed(0)} ms apart`,
  });
  // It goes while it is looked at.
  faults.expect(/status of 404/);
  await emptyHome(api);
});
