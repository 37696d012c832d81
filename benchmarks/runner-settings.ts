import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { freePort, type PostgresServer } from '@axiom-runner/local-servers';
import { temporaryFolder } from './temporary-folder.js';

/** What a runner of a benchmark works for. */
export interface RunnerWorkplace {
  /** host:port of the control plane. */
  readonly controlPlane: string;
  /** @default 'default', the namespace of every dev server */
  readonly tenantId?: string;
  /** @default 'benchmark' */
  readonly group?: string;
  /** Becomes the system `postgresql/127.0.0.1`. @default no system */
  readonly database?: PostgresServer;
}

/** The environment of a runner whose secrets are files in a temporary folder. */
export async function runnerSettings(workplace: RunnerWorkplace): Promise<Record<string, string>> {
  const { controlPlane, tenantId = 'default', group = 'benchmark', database } = workplace;
  const folder = temporaryFolder('axiom-benchmark-secrets-');
  if (database !== undefined) {
    const secret = {
      postgresql_hostname: database.host,
      postgresql_port: String(database.port),
      postgresql_username: database.superuser.user,
      postgresql_password: database.superuser.password,
    };
    const path = join(folder, 'axiom-security/postgresql/127.0.0.1.json');
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, JSON.stringify(secret), { mode: 0o600 });
  }
  return {
    TENANT_ID: tenantId,
    RUNNER_GROUP_ID: group,
    RUNNER_API_KEY: 'a-key-that-a-dev-server-does-not-check',
    AXIOM_ACTIONS_ADDRESS_AND_PORT: controlPlane,
    AXIOM_TLS: 'off',
    SECRETS_STORE_ENGINE: 'file',
    SECRETS_STORE_FOLDER: folder,
    RUNNER_HEALTH_ADDRESS: `127.0.0.1:${await freePort()}`,
  };
}
