import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DirectorySize } from '../runner-runtime/test/support/fake-vendor/large-directory/directory.js';
import type { DirectoryFaults } from '../runner-runtime/test/support/fake-vendor/large-directory/server.js';

export const LARGE: DirectorySize = { users: 100_000, groups: 1_000, members: 1_000 };
/** Waits are a matter of chance and the same for whoever reads, so that longer ones would only hide what differs. */
const FAULTS: DirectoryFaults = { refuseEvery: 97, resetEvery: 211, pauseSeconds: 0 };
const SERVER = fileURLToPath(new URL('./large-directory-server.ts', import.meta.url));
const SECRET = 'axiom-security/okta/example.json';

/** Serves a directory as the system `okta/example` from a process of its own, while it is used; its faults begin anew each time. */
export async function withDirectory<T>(size: DirectorySize, secretsFolder: string, use: () => Promise<T>): Promise<T> {
  const server = fork(SERVER, [JSON.stringify(size), JSON.stringify(FAULTS)], { execArgv: ['--import', 'tsx'] });
  try {
    const ended = once(server, 'exit').then(() => Promise.reject(new Error('the directory is not served')));
    ended.catch(() => undefined);
    const [secret] = await Promise.race([once(server, 'message'), ended]);
    const path = join(secretsFolder, SECRET);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, JSON.stringify(secret), { mode: 0o600 });
    return await use();
  } finally {
    if (server.connected) server.disconnect();
  }
}
