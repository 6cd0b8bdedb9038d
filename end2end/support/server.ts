// A server of a test's own: the release binary on a free port, with a data directory of its own.
import { type ChildProcess, spawn } from 'node:child_process';
import { access, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

const ROOT = resolve(import.meta.dirname, '../..');

/** How long a server may take to say where it is: it migrates a database and looks at the kernel first. */
const START_LIMIT_MS = 15_000;
/** How long it may take to end: it promises 5 s. */
const STOP_LIMIT_MS = 8_000;
/** The lines of its log that an error shows. */
const LOG_LINES = 60;

/** What it prints when it is ready: where it is, and how it is set up if it is not. */
const ADDRESS = /^ {2}(http:\/\/[^\s/]+)(\/\S*)$/;

/** The administrator that each server comes up with. */
export const ADMIN = { email: 'admin@example.org', password: 'correct-horse-battery' };

export class Server {
  private constructor(
    /** `http://127.0.0.1:PORT` */
    readonly origin: string,
    /** The address that it printed. */
    readonly printed: string,
    readonly dataDir: string,
    private readonly child: ChildProcess,
    private readonly log: string[],
  ) {}

  /** Starts one; with `dataDir`, on what another one left; without an administrator, if it `isBare`. */
  static async start(dataDir?: string, isBare = false): Promise<Server> {
    const binary = process.env.E2E_SERVER ?? join(ROOT, 'target/release/berth');
    await access(binary).catch(() => {
      throw new Error(`there is no ${binary}; \`cargo xtask test --only browser\` builds it`);
    });
    const directory = dataDir ?? (await mkdtemp(join(tmpdir(), 'berth-e2e-')));
    const passwordFile = join(directory, 'admin-password');
    await writeFile(passwordFile, ADMIN.password);
    const administrator = isBare ? [] : ['--admin-email', ADMIN.email, '--admin-password-file', passwordFile];
    const child = spawn(binary, ['--listen', '127.0.0.1:0', '--data-dir', directory, ...administrator], {
      cwd: ROOT,
      env: environment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const log: string[] = [];
    const keep = (line: string) => {
      log.push(line);
      if (log.length > LOG_LINES) log.shift();
    };
    try {
      const [printed, origin] = await new Promise<[string, string]>((found, fail) => {
        const failWith = (why: string) => fail(new Error(`${why}\n${log.join('\n')}`));
        const limit = setTimeout(() => failWith('the server did not say where it is in time'), START_LIMIT_MS);
        const read = (line: string) => {
          keep(line);
          const address = ADDRESS.exec(line);
          if (!address) return;
          clearTimeout(limit);
          found([`${address[1]}${address[2]}`, address[1]]);
        };
        createInterface({ input: child.stdout }).on('line', read);
        createInterface({ input: child.stderr }).on('line', read);
        child.once('error', (error) => failWith(error.message));
        child.once('exit', (code, signal) => {
          clearTimeout(limit);
          failWith(`the server ended with ${signal ?? `exit code ${code}`}`);
        });
      });
      return new Server(origin, printed, directory, child, log);
    } catch (error) {
      child.kill('SIGKILL');
      if (!dataDir) await rm(directory, { recursive: true, force: true });
      throw error;
    }
  }

  /** The last lines that it logged. */
  lastLines(): string {
    return this.log.join('\n');
  }

  /** Asks it to end, and waits. Its containers live on. */
  async stop(): Promise<void> {
    await this.end('SIGTERM');
  }

  /** Ends it without a word. Its containers live on. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** Ends it and removes its files. The sessions must be gone by then. */
  async remove(): Promise<void> {
    await this.stop();
    await rm(this.dataDir, { recursive: true, force: true });
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = new Promise<void>((end) => this.child.once('exit', () => end()));
    this.child.kill(signal);
    let isLate = false;
    const limit = setTimeout(() => {
      isLate = true;
      this.child.kill('SIGKILL');
    }, STOP_LIMIT_MS);
    await ended;
    clearTimeout(limit);
    if (isLate) throw new Error(`the server did not end within ${STOP_LIMIT_MS} ms\n${this.lastLines()}`);
  }
}

/** The server's environment: what it needs, and none of the settings of whoever runs the tests. */
function environment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => /^(PATH|HOME|USER|LANG|TZ|TMPDIR|XDG_RUNTIME_DIR|BERTH_GUEST|LEPTOS_.*)$/.test(name),
  );
  // Tests make and open more in a second than a person in a minute.
  const allowances = { BERTH_LIMITS_CREATES_A_MINUTE: '100000', BERTH_LIMITS_SOCKETS_A_MINUTE: '100000' };
  // This host's Docker, if it has one, is none of the tests'.
  return { ...Object.fromEntries(kept), ...allowances, BERTH_RUNTIME: 'embedded', RUST_BACKTRACE: '1' };
}
