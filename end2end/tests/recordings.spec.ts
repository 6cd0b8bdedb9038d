// What real programs draw: the guest's screen, as its snapshots give it to a page that comes or comes back, is cell by
// cell the one of xterm.js that read all that the program wrote.
import { expect, test } from '../fixtures.ts';
import { hasResizes, recordings, resized } from '../support/recordings.ts';
import { SNAPSHOT_EVERY, replay } from '../support/replay.ts';
import { eachInASession } from '../support/session.ts';

const session = eachInASession();

for (const recording of recordings()) {
  test(`snapshots of ${recording.name} draw what xterm.js draws`, { tag: '@desktop' }, async ({ api, page }) => {
    const state = async () => (await (await api.get(`/api/sessions/${session.id()}`)).json()).state.status;
    await expect.poll(state).toBe('running');
    const played = hasResizes(recording) ? [recording] : [recording, resized(recording)];
    for (const [at, one] of played.entries()) {
      const [shows, feeds] = [2 * at + 1, 2 * at + 2];
      const { differences, snapshots, text } = await replay(page, session.id(), one, shows, feeds);
      expect(differences.join('\n'), one.name).toBe('');
      // The reset at the beginning is an event, too.
      expect(snapshots, one.name).toBe(Math.floor((one.events.length + 1) / SNAPSHOT_EVERY));
      const told = await api.get(`/api/terminal/${session.id()}-${shows}/scrollback`);
      expect((await told.text()).replace(/\n+$/, ''), `${one.name}: each line once`).toBe(text);
    }
  });
}
