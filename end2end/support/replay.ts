// Plays a recording in a session's terminal and, beside it, to xterm.js itself, and compares what the guest's snapshots
// draw with what xterm.js drew from the recording.
//
// The whole way is real: the socket of the server, the guest in its container, and xterm.js with the table of widths as
// the server gives them to pages. One terminal shows what comes out of a pipe, so that what the guest answers to a
// program's questions comes back as nobody's output; another writes the recording into the pipe.
import type { Page } from '@playwright/test';

import type { Recording } from './recordings.ts';
import { type XtermState, readsXterm } from './xterm-state.ts';

/** Events between two snapshots. */
export const SNAPSHOT_EVERY = 10;

export interface Replayed {
  /** How many snapshots were compared. */
  snapshots: number;
  /** Where a terminal was not what xterm.js is that read the recording, and in what first. */
  differences: string[];
  /** What xterm.js has of the recording at its end, as text: scrollback and screen, a line of output a line. */
  text: string;
}

/** `page` is any page of the server's, signed in; nobody else looks at the session's terminals `shows` and `feeds`. */
export async function replay(page: Page, session: string, { size, events }: Recording, shows = 1, feeds = 2): Promise<Replayed> {
  await readsXterm(page);
  return page.evaluate(
    async ({ session, size, events, shows, feeds, every }) => {
      type Frame = { type: string; offset?: number; bytes?: number; cols?: number; rows?: number; t?: number };

      /** One client of a terminal. */
      class Client {
        /** The stream from `start` on. */
        readonly stream: number[] = [];
        start = 0;
        readonly snapshot: number[] = [];
        /** Bytes of the snapshot that have yet to come; none before it is told. */
        private missing: number | undefined;
        readonly frames: Frame[] = [];
        private closed: string | undefined;
        private wake = (): void => {};
        private readonly socket: WebSocket;

        constructor(terminal: number) {
          this.socket = new WebSocket(`/api/terminal/${session}-${terminal}/ws`);
          this.socket.binaryType = 'arraybuffer';
          this.socket.onmessage = ({ data }) => {
            if (typeof data === 'string') this.told(JSON.parse(data));
            else this.take(new Uint8Array(data));
            this.wake();
          };
          this.socket.onclose = ({ code, reason }) => {
            this.closed = `terminal ${terminal} was closed: ${code} ${reason}`;
            this.wake();
          };
        }

        private told(frame: Frame): void {
          this.frames.push(frame);
          if (frame.type === 'hello') this.start = frame.offset!;
          if (frame.type === 'snapshot') {
            this.start = frame.offset!;
            this.missing = frame.bytes!;
          }
        }

        private take(bytes: Uint8Array): void {
          const isSnapshot = (this.missing ?? 0) > 0;
          (isSnapshot ? this.snapshot : this.stream).push(...bytes);
          if (isSnapshot) this.missing! -= bytes.length;
        }

        async until(isSo: () => boolean): Promise<void> {
          while (!isSo()) {
            if (this.closed) throw new Error(this.closed);
            await new Promise<void>((wake) => (this.wake = wake));
          }
        }

        /** It has been greeted, and has its snapshot. */
        async greeted(): Promise<this> {
          await this.until(() => this.missing === 0);
          return this;
        }

        get end(): number {
          return this.start + this.stream.length;
        }

        /** The stream from one offset to another. */
        bytes(from: number, to: number): Uint8Array {
          return Uint8Array.from(this.stream.slice(from - this.start, to - this.start));
        }

        has(text: string): boolean {
          return String.fromCharCode(...this.stream).includes(text);
        }

        write(bytes: string): void {
          this.socket.send(Uint8Array.from(bytes, (byte) => byte.charCodeAt(0)));
        }

        async resize(size: { cols: number; rows: number }): Promise<void> {
          this.socket.send(JSON.stringify({ type: 'resize', ...size }));
          const t = this.frames.length + 0.5;
          this.socket.send(JSON.stringify({ type: 'ping', t }));
          await this.until(() => this.frames.some((frame) => frame.type === 'pong' && frame.t === t));
        }

        async close(): Promise<void> {
          this.socket.close();
          await this.until(() => this.closed !== undefined);
        }
      }

      const [xterm, table] = ['/vendor/xterm.mjs', '/modules/widths.mjs'];
      const { Terminal } = await import(xterm!);
      const { useWidths } = await import(table!);
      const { state, text, firstDifference } = (globalThis as unknown as { xtermState: XtermState }).xtermState;
      // What a person has who chose nothing.
      const make = (size: { cols: number; rows: number }) => {
        const terminal = new Terminal({ allowProposedApi: true, scrollback: 10_000, ...size });
        useWidths(terminal);
        terminal.onTitleChange((title: string) => (terminal.lastTitle = title));
        return terminal;
      };
      const write = (terminal: ReturnType<typeof make>, bytes: Uint8Array) =>
        new Promise<void>((parsed) => terminal.write(bytes, parsed));

      const watcher = await new Client(shows).greeted();
      const feeder = await new Client(feeds).greeted();
      await watcher.resize(size);
      // The words are cut in two so that their echo isn't taken for them.
      const pipe = `/tmp/pipe-${shows}`;
      watcher.write(`mkfifo ${pipe}; echo =ma''de\n`);
      await watcher.until(() => watcher.has('=made\r\n'));
      feeder.write(`stty raw -echo; echo =re''ady; exec cat >${pipe}\n`);
      await feeder.until(() => feeder.has('=ready\n'));
      watcher.write(`stty raw -echo; echo =re''ady; exec cat ${pipe}\n`);
      await watcher.until(() => watcher.has('=ready\n'));

      // A full reset, and a title, which no reset touches: what was there before is no part of the recording.
      const reset = { output: '\x1bc\x1b]2;\x1b\\' };
      const live = make(size);
      /** As a page whose connection is cut again and again, whose screen stays until the snapshot comes. */
      const cut = make(size);
      const others = [{ name: 'the page that was cut off again and again', terminal: cut }];
      const differences: string[] = [];
      let snapshots = 0;
      let offset = watcher.end;
      let sent = offset;

      /** Brings the other terminals to where the stream is. */
      const catchUp = async () => {
        await watcher.until(() => watcher.end >= sent);
        const bytes = watcher.bytes(offset, sent);
        offset = sent;
        for (const { terminal } of others) await write(terminal, bytes);
      };
      const compare = (when: string) => {
        const expected = state(live);
        for (const other of others.splice(0)) {
          const difference = firstDifference(expected, state(other.terminal));
          // One that has gone wrong stays wrong: it is told once.
          if (difference === undefined) others.push(other);
          else differences.push(`${other.name}, ${when}: ${difference}`);
        }
      };

      for (const [at, event] of [reset, ...events].entries()) {
        if ('size' in event) {
          await catchUp();
          await watcher.resize(event.size);
          for (const terminal of [live, ...others.map(({ terminal }) => terminal)]) terminal.resize(event.size.cols, event.size.rows);
          compare(`after the change of size at ${at}`);
        } else {
          feeder.write(event.output);
          sent += event.output.length;
          await write(live, Uint8Array.from(event.output, (byte) => byte.charCodeAt(0)));
        }
        if (at % every === every - 1) {
          await catchUp();
          const joined = await new Client(shows).greeted();
          await joined.close();
          if (joined.end !== sent) differences.push(`the snapshot after ${at} is of ${joined.end} instead of ${sent}`);
          const terminal = make({ cols: joined.frames[0]!.cols!, rows: joined.frames[0]!.rows! });
          const snapshot = Uint8Array.from(joined.snapshot);
          await write(terminal, snapshot);
          await write(cut, snapshot);
          others.push({ name: `a page that came after ${at}`, terminal });
          snapshots += 1;
          compare(`after ${at}`);
        }
      }
      await catchUp();
      compare('at the end');
      await watcher.close();
      await feeder.close();
      return { snapshots, differences, text: text(live) };
    },
    { session, size, events, shows, feeds, every: SNAPSHOT_EVERY },
  );
}
