import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  connectedRunners,
  createGroup,
  createHome,
  createNamespace,
  type GroupWithKey,
  type Home,
  type KeySetServer,
  openLink,
  rotateApiKey,
  serveKeySet,
  startTask,
} from '@axiom-runner/control-plane';
import { type RunnerProcess, startRunner, stopAll } from '@axiom-runner/local-servers';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import {
  type AuthorizingTemporal,
  findAuthorizingTemporal,
  startAuthorizingTemporal,
} from '../../../control-plane/test/support/authorizing-temporal.js';
import { SecretFolder } from './support/secret-folder.js';
import { until } from './support/until.js';

jest.setTimeout(120_000);

const found = await findAuthorizingTemporal();
if ('missing' in found) process.stderr.write(`SKIPPED "the API key": ${found.missing}\n`);
const suite = 'path' in found ? describe : describe.skip;

const KEY_SECRET = 'axiom-runner/api-key';

suite('the API key, at a control plane that checks it', () => {
  let folder: string;
  let home: Home;
  let group: GroupWithKey;
  let server: AuthorizingTemporal;
  let keySet: KeySetServer;
  let secrets: SecretFolder;
  let runner: RunnerProcess;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'axiom-runner-api-key-'));
    const made = await createHome(join(folder, 'home'), { tenantId: 'acme', address: '127.0.0.1:9', tls: 'off' });
    group = await createGroup(made, { name: 'checked' });
    keySet = await serveKeySet(made, '127.0.0.1:0');
    server = await startAuthorizingTemporal('path' in found ? found.path : '', [keySet.url]);
    home = { ...made, settings: { ...made.settings, address: server.address } };
    await until('the namespace is made', () =>
      createNamespace(home).then(
        () => true,
        () => false,
      ),
    );
    secrets = new SecretFolder(join(folder, 'secrets'));
  });
  afterEach(() => runner?.stop());
  afterAll(async () => {
    await keySet?.stop();
    await stopAll();
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  function start(): void {
    runner = startRunner({
      environment: {
        TENANT_ID: 'acme',
        RUNNER_GROUP_ID: group.group.id,
        RUNNER_API_KEY_SECRET_ID: KEY_SECRET,
        AXIOM_ACTIONS_ADDRESS_AND_PORT: server.address,
        AXIOM_TLS: 'off',
        SECRETS_STORE_ENGINE: 'file',
        SECRETS_STORE_FOLDER: secrets.path,
        RUNNER_HEALTH_ADDRESS: 'off',
      },
    });
  }

  /** Asks the server something with a key. */
  async function ask(apiKey: string): Promise<void> {
    const link = await openLink(home, { apiKey });
    try {
      await connectedRunners(link, group.group.id);
    } finally {
      await link.close();
    }
  }

  it('is refused when it is wrong; once the secret holds the right one the runner starts, without a restart', async () => {
    secrets.put(KEY_SECRET, 'canary-of-a-wrong-key');
    start();
    const refusal = await runner.waitFor((record) => record['code'] === 'CONTROL_PLANE_UNAUTHENTICATED');
    expect(refusal).toMatchObject({ level: 'error', mend: expect.stringContaining('RUNNER_API_KEY') });
    secrets.put(KEY_SECRET, { RUNNER_API_KEY: group.apiKey });
    await runner.ready();
    expect(runner.output()).not.toContain('canary-of-a-wrong-key');
    expect(runner.output()).not.toContain(group.apiKey);
  });

  it('is read again when it is rotated under a working runner', async () => {
    secrets.put(KEY_SECRET, group.apiKey);
    start();
    await runner.ready();
    const { apiKey } = await rotateApiKey(home, group.group.id, 0);
    secrets.put(KEY_SECRET, apiKey);
    await until('the server knows the old key no more', () =>
      ask(group.apiKey).then(
        () => false,
        () => true,
      ),
    );
    await runner.waitFor(({ message }) => message === 'the control plane refused the API key; it was read again', 60_000);
    const link = await openLink(home);
    const { requestId } = await startTask(link, group.group, { type: 'SweepOrphans' });
    await runner.waitFor((record) => record['requestId'] === requestId && record['step'] === 'sweepOrphans');
    await link.close();
    expect(runner.output()).not.toContain(apiKey);
  });
});
