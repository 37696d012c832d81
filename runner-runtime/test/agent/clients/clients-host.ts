import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { runnerBundle } from '@axiom-runner/local-servers';
import { AgentHost, type AgentProcess, USERNAME } from '../../process/agent/support/agent-host.js';
import { asRoot } from '../../secrets/aws-account.js';
import { LoginServer } from './login-server.js';
import { RunningClient } from './running-client.js';

/** What no client may write, and no process list show. */
export const CANARY = 'canary-7b1f';
/** Where nothing listens: a client that took it for a proxy would fail. */
const NO_PROXY_HERE = 'http://127.0.0.1:9';
/** Programs whose arguments every user of the host can read while they run. */
const RECORDED = ['curl', 'jq', 'date', 'sleep'];

let passwords = 0;
/** A password that needs each kind of quoting. */
export function newPassword(): string {
  passwords += 1;
  return `${CANARY}-${passwords} "p\\ä$s\t\u001f' $(id) #%€😀`;
}

/** A host with a running agent that asks the vault each time, something to log in at, and clients. */
export class ClientsHost {
  readonly #started: RunningClient[] = [];

  private constructor(
    readonly host: AgentHost,
    readonly agent: AgentProcess,
    readonly login: LoginServer,
    readonly token: string,
    readonly otherToken: string,
  ) {}

  /** @param expired ids of secrets whose expires_at has passed */
  static async open(expired: readonly string[]): Promise<ClientsHost> {
    const host = await AgentHost.open();
    try {
      return await ClientsHost.#on(host, expired);
    } catch (error) {
      await host.close();
      throw error;
    }
  }

  static async #on(host: AgentHost, expired: readonly string[]): Promise<ClientsHost> {
    host.configure({
      listen: { address: '127.0.0.1:0', socket: { path: join(host.folder, 'agent.sock'), mode: '0600', application: 'onSocket' } },
      applications: { onSocket: { allow: ['*'] } },
      cache: { enabled: false },
      secrets: Object.fromEntries(expired.map((id) => [id, { expires_field: 'until' }])),
    });
    const token = await host.addApplication('clients', ['*']);
    const otherToken = await host.addApplication('others', ['*']);
    const clients = new ClientsHost(host, await host.start(), await LoginServer.open(), token, otherToken);
    clients.#layPrograms();
    return clients;
  }

  /** Its port; the socket is another of its addresses. */
  get address(): string {
    const addresses = this.agent.records().flatMap((record) => (record['addresses'] ?? []) as string[]); // As the agent logs them.
    return addresses.find((address) => address.startsWith('http://')) ?? '';
  }

  get socket(): string {
    return join(this.host.folder, 'agent.sock');
  }

  /** Makes a secret, and what one logs in at takes its password from now on. */
  async create(id: string): Promise<string> {
    const password = newPassword();
    await asRoot(this.host.emulator, 'CreateSecret', { Name: id, SecretString: textOf(password) });
    this.login.expect(password);
    return password;
  }

  /** Rotates a secret in the vault and where one logs in. */
  async rotate(id: string): Promise<string> {
    const password = newPassword();
    await asRoot(this.host.emulator, 'PutSecretValue', { SecretId: id, SecretString: textOf(password) });
    this.login.password = password;
    return password;
  }

  /** What a client finds in its environment. */
  environment(more: Readonly<Record<string, string>> = { SEGURA_AGENT_TOKEN: this.token }): Readonly<Record<string, string>> {
    const { PATH = '', HOME = '' } = process.env;
    return {
      PATH: [this.#programs, PATH].join(delimiter),
      HOME,
      LANG: 'C.UTF-8',
      PYTHONDONTWRITEBYTECODE: '1',
      RECORD: this.#record,
      http_proxy: NO_PROXY_HERE,
      HTTP_PROXY: NO_PROXY_HERE,
      ALL_PROXY: NO_PROXY_HERE,
      SEGURA_AGENT_ADDRESS: this.address,
      ...more,
    };
  }

  /** Starts a program. */
  run(command: readonly string[], more?: Readonly<Record<string, string>>): RunningClient {
    const client = new RunningClient(command, this.environment(more));
    this.#started.push(client);
    return client;
  }

  /** Starts a client that logs in with a secret. */
  start(command: readonly string[], id: string, more?: Readonly<Record<string, string>>): RunningClient {
    return this.run([...command, id, this.login.url], more);
  }

  /** How often the agent has delivered a secret. */
  async deliveries(id: string): Promise<number> {
    return (await this.host.records()).filter(({ action, secret }) => action === 'deliver' && secret === id).length;
  }

  /** Whether the agent has noted this of a secret. */
  async noted(id: string, wanted: string): Promise<boolean> {
    return (await this.host.records()).some(({ secret, outcome }) => secret === id && outcome === wanted);
  }

  /** Arguments that programs were called with. */
  argumentsSeen(): string {
    return readFileSync(this.#record, 'utf8');
  }

  async close(): Promise<void> {
    await Promise.all(this.#started.map((client) => client.kill()));
    this.login.close();
    await this.host.close();
  }

  get #programs(): string {
    return join(this.host.folder, 'programs');
  }

  get #record(): string {
    return join(this.host.folder, 'arguments');
  }

  #layPrograms(): void {
    rmSync(this.#programs, { recursive: true, force: true });
    mkdirSync(this.#programs);
    symlinkSync(runnerBundle(), join(this.#programs, 'segura-agent'));
    for (const name of RECORDED) {
      const real = execFileSync('sh', ['-c', `command -v ${name} || true`], { encoding: 'utf8' }).trim();
      if (real === '') continue;
      writeFileSync(join(this.#programs, name), `#!/bin/sh\nprintf '%s\\n' "${name} $*" >> "$RECORD"\nexec ${real} "$@"\n`, {
        mode: 0o755,
      });
    }
  }
}

function textOf(password: string): string {
  return JSON.stringify({ username: USERNAME, password, until: '2020-01-01T00:00:00Z' });
}
