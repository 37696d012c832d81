import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createGroup,
  createHome,
  type Group,
  type Home,
  type Link,
  openLink,
  type ResultsServer,
  type StartedTask,
  serveResults,
  startTask,
  type TaskOptions,
  waitForStage,
} from '@axiom-runner/control-plane';
import { freePort, type RunnerProcess, startRunner, startTemporal, stopAll, type TemporalServer } from '@axiom-runner/local-servers';
import type { Principal, Result, System, TaskBody, TaskError } from '@axiom-runner/protocol';
import { SecretFolder } from './secret-folder.js';
import { Shop } from './shop.js';

export const SYSTEM: System = { type: 'postgresql', id: '127.0.0.1' };
export const SECRET = 'axiom-security/postgresql/127.0.0.1';
export const ORDERS = { kind: 'table', path: ['shop', 'public', 'orders'] };
const STATE_KEY_SECRET = 'axiom-runner/state-key';
const API_KEY_SECRET = 'axiom-runner/api-key';
const PATIENCE = { timeoutMs: 60_000 };

/** A runner with the address where it answers. */
export interface BenchRunner extends RunnerProcess {
  /** host:port of health and metrics. */
  readonly health: string;
}

/** Real servers, a control plane with one runner group, and runners as processes of their own. */
export class Bench {
  readonly runners: BenchRunner[] = [];
  #results: ResultsServer | undefined;

  private constructor(
    readonly folder: string,
    readonly shop: Shop,
    readonly temporal: TemporalServer,
    readonly home: Home,
    readonly group: Group,
    readonly secrets: SecretFolder,
    readonly link: Link,
    /** Settings of a runner; its API key and state key are in the secret store. */
    readonly settings: Readonly<Record<string, string>>,
    /** Values that must not show up anywhere. */
    readonly canaries: { readonly apiKey: string; readonly stateKey: string; readonly password: string },
  ) {}

  static async open(): Promise<Bench> {
    const folder = mkdtempSync(join(tmpdir(), 'axiom-runner-process-'));
    const password = `canary-password-${crypto.randomUUID()}`;
    const [shop, temporal] = await Promise.all([Shop.open(password), startTemporal({ namespaces: ['acme'] })]);
    const home = await createHome(join(folder, 'control-plane'), { tenantId: 'acme', address: temporal.address, tls: 'off' });
    const { group, apiKey, environment } = await createGroup(home, { name: 'process' });
    const stateKey = `canary-state-key-${crypto.randomUUID()}`;
    const secrets = new SecretFolder(join(folder, 'secrets'));
    secrets.put(SECRET, shop.secret());
    secrets.put(STATE_KEY_SECRET, stateKey);
    secrets.put(API_KEY_SECRET, apiKey);
    const { RUNNER_API_KEY: _, ...settings } = Object.fromEntries(environment.map(({ name, value }) => [name, value]));
    const bench = new Bench(
      folder,
      shop,
      temporal,
      home,
      group,
      secrets,
      await openLink(home),
      {
        ...settings,
        SECRETS_STORE_ENGINE: 'file',
        SECRETS_STORE_FOLDER: secrets.path,
        RUNNER_API_KEY_SECRET_ID: API_KEY_SECRET,
        RUNNER_STATE_KEY_SECRET_ID: STATE_KEY_SECRET,
        RUNNER_ALLOWED: `${SYSTEM.type}/${SYSTEM.id}`,
      },
      { apiKey, stateKey, password },
    );
    await bench.serveResults();
    return bench;
  }

  /** Starts a runner and waits until it takes tasks. @param changes settings that differ */
  async startRunner(changes: Readonly<Record<string, string>> = {}): Promise<BenchRunner> {
    const runner = await this.launchRunner(changes);
    await runner.ready();
    return runner;
  }

  /** Starts a runner without waiting for anything. */
  async launchRunner(changes: Readonly<Record<string, string>> = {}): Promise<BenchRunner> {
    const health = `127.0.0.1:${await freePort()}`;
    const runner = startRunner({ environment: { ...this.settings, RUNNER_HEALTH_ADDRESS: health, ...changes } });
    const known = { ...runner, health };
    this.runners.push(known);
    return known;
  }

  /** Takes results from now on. */
  async serveResults(): Promise<void> {
    this.#results = await serveResults(this.home);
  }

  /** Leaves the result queue without a listener. */
  async stopResults(): Promise<void> {
    await this.#results?.stop();
  }

  /** Puts a signed task on the queue. */
  start(body: TaskBody, options: TaskOptions = {}): Promise<StartedTask> {
    return startTask(this.link, this.group, body, { validitySeconds: 60, ...options });
  }

  /** Asks for read access to the orders. */
  provision(principal: Principal, durationSeconds: number, options: TaskOptions = {}): Promise<StartedTask> {
    return this.start(provisioning(principal, durationSeconds), options);
  }

  /** Asks for read access and waits until it is given. */
  async grant(principal: Principal, durationSeconds: number): Promise<StartedTask> {
    const task = await this.provision(principal, durationSeconds);
    await this.stage(task, 'granted');
    return task;
  }

  /** Waits for a result of a stage. */
  stage<S extends Result['stage']>(task: StartedTask, stage: S): Promise<Extract<Result, { stage: S }>> {
    return waitForStage(this.home, task, [stage], PATIENCE);
  }

  /** Waits for the failure of a task. */
  async failure(task: StartedTask): Promise<TaskError> {
    let seen: TaskError | undefined;
    await waitForStage(this.home, task, ['failed'], {
      ...PATIENCE,
      onResult: (result) => {
        if (result.stage === 'failed') seen = result.error;
      },
    });
    if (seen === undefined) throw new Error('no failure was reported');
    return seen;
  }

  /** Asks for the end of an access and waits for the proof. */
  async revoke(task: StartedTask): Promise<Extract<Result, { stage: 'revoked' }>> {
    await this.link.client.workflow.getHandle(task.requestId).signal('revoke');
    return this.stage(task, 'revoked');
  }

  /** Ends every runner, in order. */
  async stopRunners(): Promise<void> {
    await Promise.all(this.runners.map((runner) => runner.stop()));
  }

  async close(): Promise<void> {
    await this.stopRunners();
    await this.stopResults();
    await this.link.close();
    await stopAll();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A wish for read access to the orders. */
export function provisioning(principal: Principal, durationSeconds: number): Extract<TaskBody, { type: 'ProvisionAccess' }> {
  return {
    type: 'ProvisionAccess',
    system: SYSTEM,
    target: ORDERS,
    principal,
    permission: 'Read',
    justification: 'ticket 4711',
    durationSeconds,
  };
}
