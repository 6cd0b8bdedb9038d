// What a page is told of sessions, made up: each state is there at once, at the same age in every run. The server has no
// session meanwhile; its list, its choices and its events are answered here.
import type { Page } from '@playwright/test';

type State = { status: string } & Record<string, unknown>;

export interface ToldSession {
  id: string;
  name: string;
  agent: string;
  tier: string;
  runtime: string | null;
  keep: boolean;
  state: State;
  stopped_by: string | null;
  can_resume: boolean;
  created_at: string;
  active_at: string;
  start: { stage: string; ms: number }[];
  doing?: string;
  ready_ms: number | null;
}

const MINUTE_MS = 60_000;
const GIB = 2 ** 30;
const MIB = 2 ** 20;

/** A time so many minutes from now, and half a minute on, so that no minute ends while a test looks at it. */
export const inMinutes = (minutes: number): string => new Date(Date.now() + (minutes + Math.sign(minutes) * 0.5) * MINUTE_MS).toISOString();

let made = 0;

/** A session in a state, as somebody would have it whose agent is Claude Code. */
export function session(name: string, state: State, more: Partial<ToldSession> = {}): ToldSession {
  made += 1;
  return {
    id: `told${String(made).padStart(8, '0')}`,
    name,
    agent: 'claude-code',
    tier: 'standard',
    runtime: null,
    keep: false,
    state,
    stopped_by: null,
    can_resume: false,
    created_at: inMinutes(-600),
    active_at: inMinutes(-5 - made),
    start: [],
    ready_ms: state.status === 'running' ? 812 : null,
    ...more,
  };
}

/** One of each state, in the order that they are shown. */
export function eachState(): ToldSession[] {
  made = 0;
  return [
    session('Claude Code #1', { status: 'running' }),
    session('Codex #1', { status: 'running' }, { agent: 'codex', tier: 'high' }),
    session('Shell #1', { status: 'running' }, { agent: 'shell', tier: 'low' }),
    session('Gemini CLI #1', { status: 'starting', stage: 'verifying' }, {
      agent: 'gemini',
      start: [
        { stage: 'creating', ms: 41 },
        { stage: 'starting', ms: 120 },
      ],
    }),
    session('Claude Code #2', { status: 'failed', cause: { kind: 'out_of_memory' } }, { can_resume: true }),
    session('A name as long as names may be, which is sixty-four characters..', { status: 'stopped' }, {
      agent: 'opencode',
      stopped_by: 'idle',
      can_resume: true,
    }),
    session('Stopping', { status: 'stopping' }, { agent: 'shell' }),
    session('Never started', { status: 'created' }, { agent: 'aider' }),
  ];
}

/** What a running session uses now. */
export function usage(id: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id,
    cpu_millis: 310,
    memory_bytes: 640 * MIB,
    disk_bytes: 1_500 * MIB,
    cpu_limit_millis: 1_000,
    memory_limit_bytes: 3 * GIB,
    disk_limit_bytes: 4 * GIB,
    activity: 'working',
    terminals: 2,
    clients: 1,
    sleeps_at: null,
    ...more,
  };
}

/** Five minutes, in waves. */
const samples = (phase: number) => {
  const each = (value: (at: number) => number) => Array.from({ length: 60 }, (_, at) => value(at));
  return {
    cpu_millis: each((at) => Math.round(300 + 250 * Math.sin((at + phase) / 5))),
    memory_bytes: each((at) => (400 + 4 * at) * MIB),
    disk_bytes: each((at) => (1_200 + at * 5) * MIB),
  };
};

const agent = (id: string, name: string, about: string, missing: string[] = []) => ({
  id,
  name,
  icon: id,
  about,
  install: `npm install -g ${id}`,
  can_resume: id !== 'shell',
  found: [],
  missing,
});

/** What a new session can be made of. */
export const CHOICES = {
  agents: [
    agent('claude-code', 'Claude Code', 'Anthropic’s coding agent.'),
    agent('codex', 'Codex', 'OpenAI’s coding agent.', ['embedded']),
    agent('gemini', 'Gemini CLI', 'Google’s coding agent.'),
    agent('opencode', 'OpenCode', 'An open agent for any model.'),
    agent('shell', 'Shell', 'A plain shell, and nothing else.'),
  ],
  last_agent: 'claude-code',
  tiers: [
    { id: 'standard', cpu_millis: 1_000, memory_bytes: 3 * GIB, disk_bytes: 4 * GIB },
    { id: 'low', cpu_millis: 250, memory_bytes: GIB, disk_bytes: 4 * GIB },
    { id: 'high', cpu_millis: 2_000, memory_bytes: 6 * GIB, disk_bytes: 8 * GIB },
  ],
  default_tier: 'standard',
  runtimes: ['embedded'],
  presets: [{ id: 'p1', name: 'Web', commands: ['npm run dev', ''] }],
};

/** Has the page's events come from the test: [`Told.send`]. */
export async function fakeEvents(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const open: EventTarget[] = [];
    class Fake extends EventTarget {
      static readonly CONNECTING = 0;
      static readonly OPEN = 1;
      static readonly CLOSED = 2;
      readyState = 0;
      constructor(readonly url: string) {
        super();
        open.push(this);
        // After whoever made it listens.
        setTimeout(() => {
          this.readyState = 1;
          this.dispatchEvent(new Event('open'));
          document.documentElement.setAttribute('data-followed', '');
        });
      }
      close(): void {
        this.readyState = 2;
        open.splice(open.indexOf(this), 1);
      }
    }
    const send = (kind: string, data: unknown) => {
      for (const one of open) one.dispatchEvent(new MessageEvent(kind, { data: JSON.stringify(data) }));
    };
    Object.assign(window, { EventSource: Fake, sendEvent: send });
  });
}

/** Tells the page something, as the server would. */
export async function send(page: Page, kind: 'session' | 'deleted' | 'usage' | 'runtime', data: unknown): Promise<void> {
  // The page follows from when it is hydrated.
  await page.locator('html[data-followed]').waitFor({ state: 'attached' });
  await page.evaluate(([kind, data]) => {
    (window as unknown as { sendEvent: (kind: string, data: unknown) => void }).sendEvent(kind as string, data);
  }, [kind, data] as const);
}

/** Has the page be told of these sessions, whatever the server has. */
export async function tell(page: Page, sessions: ToldSession[], choices: object = CHOICES): Promise<void> {
  await fakeEvents(page);
  const running = sessions.filter(({ state }) => state.status === 'running');
  const looks = [
    { sleeps_at: inMinutes(12) },
    { activity: 'needs_you', cpu_millis: 40, memory_bytes: 3_400 * MIB, cpu_limit_millis: 2_000, memory_limit_bytes: 6 * GIB },
    { activity: 'shell', cpu_millis: 2, memory_bytes: 12 * MIB, disk_bytes: null, cpu_limit_millis: 250, memory_limit_bytes: GIB },
  ];
  const status = running.map(({ id }, at) => ({ id, usage: usage(id, looks[at]), samples: samples(at * 9) }));
  await page.route('**/rpc/session/list', (route) => route.fulfill({ json: sessions }));
  await page.route('**/rpc/session/choices', (route) => route.fulfill({ json: choices }));
  await page.route('**/api/sessions/batch-status', (route) => route.fulfill({ json: status }));
}
