import { chmod, lstat, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import { SettingsError } from '../../config/settings.js';

/**
 * Listens on a Unix socket that nobody else can open before it has its mode. The socket of an agent that was killed is taken over.
 * @throws {SettingsError} where another program answers, or something else stands there
 */
export async function listenOnSocket(server: Server, path: string, mode: number): Promise<void> {
  await removeLeftOver(path);
  await new Promise<void>((resolve, reject) => {
    // The socket is made while listen() runs, with the mode that the mask leaves.
    const mask = process.platform === 'win32' ? undefined : process.umask(0o177);
    try {
      server.once('error', reject);
      server.listen({ path }, () => {
        server.off('error', reject);
        resolve();
      });
    } finally {
      if (mask !== undefined) process.umask(mask);
    }
  }).catch((error: NodeJS.ErrnoException) => {
    throw fault(
      `is ${path}, where the agent cannot listen (${error.code ?? 'unknown'})`,
      'Make its folder, and let the user of the agent write to it.',
    );
  });
  await chmod(path, mode);
}

async function removeLeftOver(path: string): Promise<void> {
  const stats = await lstat(path).catch(() => undefined);
  if (stats === undefined) return;
  if (!stats.isSocket()) throw fault(`is ${path}, which is no socket`, 'Move it away, or name another path.');
  if (await answers(path)) throw fault(`is ${path}, where another program answers`, 'Stop the other agent, or name another path.');
  await rm(path);
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path);
    const done = (answered: boolean) => {
      probe.destroy();
      resolve(answered);
    };
    probe
      .once('connect', () => done(true))
      .once('error', ({ code }: NodeJS.ErrnoException) => done(code !== 'ECONNREFUSED' && code !== 'ENOENT'));
  });
}

function fault(found: string, mend: string): SettingsError {
  return new SettingsError([{ variable: 'listen.socket.path', found, mend }]);
}
