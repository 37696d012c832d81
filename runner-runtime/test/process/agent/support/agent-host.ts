import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AwsEmulator, type RunnerProcess, startAwsEmulator, startRunner } from '@axiom-runner/local-servers';
import { stringify } from 'yaml';
import type { AuditRecord } from '../../../../src/audit/trail/audit-trail.js';
import { readRecords } from '../../../../src/audit/trail/records.js';
import { asRoot } from '../../../secrets/aws-account.js';
import { command, type Outcome } from '../../support/command.js';
import { VaultFront } from './vault-front.js';

/** An agent as a process of its own. */
export interface AgentProcess extends RunnerProcess {
  /** Where it answers first. */
  readonly address: string;
}

/** A user name that every secret here has. */
export const USERNAME = 'app';

/** A host with an agent: its folder and configuration, Secrets Manager with a front that fails when told to, and commands. */
export class AgentHost {
  readonly #agents: AgentProcess[] = [];

  private constructor(
    readonly folder: string,
    readonly emulator: AwsEmulator,
    readonly front: VaultFront,
  ) {}

  /** @param settings of the agent, as its configuration has them, beside its vault, state and address */
  static async open(settings: Readonly<Record<string, unknown>> = {}): Promise<AgentHost> {
    const emulator = await startAwsEmulator();
    const host = new AgentHost(mkdtempSync(join(tmpdir(), 'axiom-agent-')), emulator, await VaultFront.open(emulator.endpoint));
    host.configure(settings);
    return host;
  }

  get config(): string {
    return join(this.folder, 'agent.yaml');
  }

  get state(): string {
    return join(this.folder, 'state');
  }

  /** What the agent and its commands get. */
  get environment(): Readonly<Record<string, string>> {
    return { ...this.emulator.environment, AWS_ENDPOINT_URL: this.front.endpoint };
  }

  /** Writes the configuration. */
  configure(settings: Readonly<Record<string, unknown>>): void {
    const whole = {
      listen: { address: '127.0.0.1:0' },
      state: this.state,
      vault: { type: 'aws-secrets-manager', describe: false },
      ...settings,
    };
    writeFileSync(this.config, stringify(whole), { mode: 0o600 });
  }

  /** Makes a secret. */
  async create(name: string, password: string): Promise<void> {
    await asRoot(this.emulator, 'CreateSecret', { Name: name, SecretString: secretText(password) });
  }

  /** Gives a secret another value. */
  async rotate(name: string, password: string): Promise<void> {
    await asRoot(this.emulator, 'PutSecretValue', { SecretId: name, SecretString: secretText(password) });
  }

  /** Adds an application. @returns its token */
  async addApplication(name: string, allow: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run('agent', 'app', 'add', name, '--allow', allow.join(','), '--config', this.config);
    if (code !== 0) throw new Error(`agent app add: ${code} ${stderr}`);
    return stdout.trim();
  }

  /** Runs a command to its end, in the environment of the agent. */
  run(...args: readonly string[]): Promise<Outcome> {
    return command(args, { environment: this.environment, cwd: this.folder });
  }

  /** Runs `get-secret`. */
  getSecret(address: string, token: string, ...args: readonly string[]): Promise<Outcome> {
    const environment = { SEGURA_AGENT_TOKEN: token, SEGURA_AGENT_ADDRESS: address };
    return command(['get-secret', ...args], { environment, cwd: this.folder });
  }

  /** Starts the agent and waits until it answers. @param variables further ones */
  async start(variables: Readonly<Record<string, string>> = {}): Promise<AgentProcess> {
    const agent = startRunner({ environment: { ...this.environment, ...variables }, args: ['agent', '--config', this.config] });
    const started = await agent.waitFor(({ message }) => message.startsWith('Started Axiom secret agent'), 60_000);
    const [address] = started['addresses'] as string[]; // As the agent logs them.
    const known = { ...agent, address: address ?? '' };
    this.#agents.push(known);
    return known;
  }

  get audit(): string {
    return join(this.state, 'audit');
  }

  /** The records of the trail. */
  async records(): Promise<AuditRecord[]> {
    const records: AuditRecord[] = [];
    for await (const some of readRecords(this.audit)) for (const { record } of some) records.push(record);
    return records;
  }

  async close(): Promise<void> {
    this.front.release();
    await Promise.all(this.#agents.map((agent) => agent.kill()));
    this.front.close();
    await this.emulator.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function secretText(password: string): string {
  return JSON.stringify({ username: USERNAME, password });
}
