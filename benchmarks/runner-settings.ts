import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, type PostgresServer } from '@axiom-runner/local-servers';

/** Settings of a runner whose secrets are files in a temporary folder. */
export interface RunnerSettings {
  readonly environment: Readonly<Record<string, string>>;
  remove(): Promise<void>;
}

/** Settings for a control plane, and for a database as the system `postgresql/127.0.0.1` where one is given. */
export async function runnerSettings(controlPlane: string, database?: PostgresServer): Promise<RunnerSettings> {
  const folder = await mkdtemp(join(tmpdir(), 'axiom-benchmark-secrets-'));
  if (database !== undefined) {
    const secret = {
      postgresql_hostname: database.host,
      postgresql_port: String(database.port),
      postgresql_username: database.superuser.user,
      postgresql_password: database.superuser.password,
    };
    const path = join(folder, 'axiom-security/postgresql/127.0.0.1.json');
    await mkdir(join(path, '..'), { recursive: true });
    await writeFile(path, JSON.stringify(secret), { mode: 0o600 });
    await chmod(folder, 0o700);
  }
  return {
    environment: {
      TENANT_ID: 'default',
      RUNNER_GROUP_ID: 'benchmark',
      RUNNER_API_KEY: 'a-key-that-a-dev-server-does-not-check',
      AXIOM_ACTIONS_ADDRESS_AND_PORT: controlPlane,
      AXIOM_TLS: 'off',
      SECRETS_STORE_ENGINE: 'file',
      SECRETS_STORE_FOLDER: folder,
      RUNNER_HEALTH_ADDRESS: `127.0.0.1:${await freePort()}`,
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
