import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
export const binary = process.env.KEFU_BINARY ?? new URL('../../bin/kefu', import.meta.url).pathname;

export type Engine = 'SQLite' | 'PostgreSQL';

/** The engines to test on; with CI=true both must be there. */
export function engines(): Engine[] {
  if (process.env.KEFU_TEST_POSTGRES) return ['SQLite', 'PostgreSQL'];
  if (process.env.CI === 'true') throw new Error('KEFU_TEST_POSTGRES is not set, and CI tests both engines. Use make e2e.');
  console.warn('KEFU_TEST_POSTGRES is not set: the journeys on PostgreSQL are left out.');
  return ['SQLite'];
}

export interface DemoStaff {
  role: string;
  name: string;
  email: string;
  password: string;
  totp_secret: string;
}

export interface Demo {
  staff: DemoStaff[];
  customers: { id: string; name: string; language: string }[];
  urls: { desk: string; api: string; wallet: string; wallet_named: string; widget: string; files: string };
}

/** A server of the built binary's demo, on free ports, in a temporary folder, on a database of its own. */
export class Server {
  demo!: Demo;
  #child: ChildProcess | undefined;
  #said: string[] = [];

  private constructor(
    readonly folder: string,
    readonly port: number,
    private readonly database: string | undefined,
    private readonly drop: () => Promise<unknown>,
  ) {}

  static async begin(engine: Engine): Promise<Server> {
    if (!existsSync(binary)) throw new Error(`There is no ${binary}. Use make e2e, which builds it.`);
    const folder = await mkdtemp(join(tmpdir(), 'kefu-e2e-'));
    const { database, drop } = engine === 'PostgreSQL' ? await freshDatabase() : { database: undefined, drop: async () => undefined };
    const server = new Server(folder, await freePorts(), database, drop);
    await server.start();
    server.demo = JSON.parse(readFileSync(join(folder, 'demo.json'), 'utf8')) as Demo;
    return server;
  }

  #environment(): NodeJS.ProcessEnv {
    const own = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('KEFU_')));
    return {
      ...own,
      ...(this.database && { KEFU_DATABASE: this.database }),
      KEFU_LOG_LEVEL: 'warn',
      // Everybody in these journeys comes from one address.
      KEFU_LIMITS_SIGN_INS_BURST: '200',
      KEFU_LIMITS_CONNECTIONS_BURST: '2000',
      KEFU_LIMITS_NEW_VISITORS_BURST: '500',
    };
  }

  async start(): Promise<void> {
    const child = spawn(binary, ['demo', '--bare', '--listen', `localhost:${this.port}`, '--data', this.folder], {
      env: this.#environment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    const ready = new Promise<void>((resolve, reject) => {
      const heard = (text: string) => {
        this.#said = [...this.#said, text].slice(-200);
        if (text.includes('Kefu is running.')) resolve();
      };
      child.stdout.setEncoding('utf8').on('data', heard);
      child.stderr.setEncoding('utf8').on('data', heard);
      child.on('error', reject);
      child.on('exit', () => reject(new Error(`The server ended:\n${this.#said.join('')}`)));
    });
    await ready;
  }

  /** What the server wrote about itself, for a failed test. */
  get said(): string {
    return this.#said.join('');
  }

  /** Ends the server as a power cut would. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  async user(...words: string[]): Promise<void> {
    await run(binary, ['user', words[0]!, '--data', this.folder, ...words.slice(1)], { env: this.#environment() });
  }

  /** What a command of the binary says. */
  async run(...words: string[]): Promise<string> {
    return (await run(binary, words, { env: this.#environment() })).stdout;
  }

  async end(): Promise<void> {
    await this.kill();
    await this.drop();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/**
 * A port that is free, with the next one: the demo wallet takes it. It lies below
 * those that systems give to outgoing connections, so that nobody takes it meanwhile.
 */
async function freePorts(): Promise<number> {
  const free = async (port: number) => {
    const listening = createServer().listen(port, '127.0.0.1');
    const yes = await once(listening, 'listening').then(
      () => true,
      () => false,
    );
    listening.close();
    return yes;
  };
  for (let tries = 0; tries < 50; tries++) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    if ((await free(port)) && (await free(port + 1))) return port;
  }
  throw new Error('There are no two free ports side by side.');
}

function psql(): string {
  const versions = existsSync('/usr/lib/postgresql') ? readdirSync('/usr/lib/postgresql') : [];
  const places = [process.env.PG_BIN, ...versions.map((v) => `/usr/lib/postgresql/${v}/bin`)].map((p) => join(p ?? '', 'psql'));
  return places.find((p) => p !== 'psql' && existsSync(p)) ?? 'psql';
}

async function freshDatabase(): Promise<{ database: string; drop: () => Promise<unknown> }> {
  const server = process.env.KEFU_TEST_POSTGRES!;
  const name = `kefu_e2e_${randomBytes(8).toString('hex')}`;
  const say = (sql: string) => run(psql(), ['--no-psqlrc', '--quiet', '--dbname', server, '--command', sql]);
  await say(`CREATE DATABASE ${name}`);
  const address = new URL(server);
  address.pathname = `/${name}`;
  return { database: address.href, drop: () => say(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
}
