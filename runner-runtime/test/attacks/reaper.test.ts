import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { TaskBody } from '@axiom-runner/protocol';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { escapeLiteral } from 'pg';
import { NOW, SYSTEM } from '../guard/builders.js';
import { PRINCIPAL_PASSWORD } from '../integrations/postgresql/database-server.js';
import { AttackedRunner, attemptOf, HOUR, Signer } from './hostile-control-plane.js';
import { DATABASE_ADMIN, Stage, TABLE_READ } from './stage.js';

/** `AuthenticationOk` and `ReadyForQuery` of PostgreSQL's protocol. */
const WELCOME = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0, 0x5a, 0, 0, 0, 5, 0x49]);
const SSL_REQUEST_BYTES = 8;

/** A server that lets everybody in and then says nothing more. */
class SilentServer {
  readonly #sockets: Socket[] = [];
  readonly #server: Server = createServer((socket) => {
    this.#sockets.push(socket);
    socket.on('error', () => undefined);
    socket.on('data', (data) => {
      if (data.length === SSL_REQUEST_BYTES) socket.write('N');
      else if (data[0] === 0) socket.write(WELCOME);
    });
  });

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

describe('the reaper', () => {
  jest.setTimeout(90_000);
  let stage: Stage;
  let signer: Signer;
  const silent = new SilentServer();
  let silentPort = 0;
  let requests = 0;

  beforeAll(async () => {
    stage = await Stage.start(18);
    signer = await Signer.create();
    silentPort = await silent.listen();
  });
  beforeEach(() => {
    AttackedRunner.seconds = NOW;
    requests += 1;
  });
  afterEach(() => stage.leave());
  afterAll(async () => {
    await silent.stop();
    await stage?.stop();
  });

  const aRunner = () =>
    new AttackedRunner({
      signer,
      secrets: {
        'axiom-security/postgresql/db.example.com': stage.server.secret(),
        'axiom-security/postgresql/silent.example.com': stage.server.secret({ postgresql_port: silentPort }),
      },
    });

  async function grant(runner: AttackedRunner) {
    const principal = await stage.server.newPrincipal();
    const task: TaskBody = {
      type: 'ProvisionAccess',
      system: SYSTEM,
      ...TABLE_READ,
      justification: 'attack',
      durationSeconds: HOUR,
      principal,
    };
    const requestId = `request-${requests}`;
    const envelope = await signer.sign(task, requestId);
    const attempt = attemptOf(requestId);
    const { intent } = await runner.access.plan(attempt, envelope);
    await runner.access.apply(attempt, envelope, intent);
    return { principal, intent, attempt };
  }
  const reads = (name: string) => stage.server.may(name, PRINCIPAL_PASSWORD, 'app', 'SELECT FROM sales.orders');

  it('ends an overdue access while another system lets it in and then is silent', async () => {
    const runner = aRunner();
    runner.systems.watch({ type: 'postgresql', id: 'silent.example.com' });
    const { principal } = await grant(runner);
    AttackedRunner.seconds = NOW + HOUR + 1;
    const round = runner.reaper.round().catch(() => undefined);
    let mayRead = true;
    for (let tries = 0; mayRead && tries < 30; tries += 1) {
      await pause(500);
      mayRead = await reads(principal.id);
    }
    await runner.reaper.stop().catch(() => undefined);
    await Promise.race([round, pause(1000)]);
    expect(mayRead).toBe(false);
  });

  it('does not end an access early because of an older mark on a role of somebody else', async () => {
    const runner = aRunner();
    const { principal, intent, attempt } = await grant(runner);
    const { role } = runner.documents.openIntent(intent, attempt.workflowId).state as { role: string };
    const [marked] = await stage.server.admin('postgres', `SELECT shobj_description('"${role}"'::regrole, 'pg_authid') AS description`);
    const extension = { type: 'ExtendAccess', accessRequestId: attempt.workflowId, system: SYSTEM, expiresAt: NOW + 4 * HOUR } as const;
    await runner.access.extend(attempt, await signer.sign(extension, `${attempt.workflowId}-x`), intent);
    const maker = await stage.dispense(DATABASE_ADMIN);
    await maker.session.query('CREATE ROLE axm_decoy');
    await maker.session.query(`COMMENT ON ROLE axm_decoy IS ${escapeLiteral(String(marked?.['description']))}`);
    AttackedRunner.seconds = NOW + HOUR + 1;
    await runner.reaper.round();
    const mayRead = await reads(principal.id);
    await stage.end(maker.intent);
    AttackedRunner.seconds = NOW + 4 * HOUR + 1;
    await runner.reaper.round();
    expect([mayRead, await reads(principal.id)]).toEqual([true, false]);
  });
});
