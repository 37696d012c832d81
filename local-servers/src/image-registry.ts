import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeTemporaryDirectory, removeTemporaryDirectory } from './cleanup.js';
import { debianPackage } from './debian-package.js';
import { httpStatus } from './http-status.js';
import { onPort } from './ports.js';
import { onPath, type Say } from './resolve.js';
import { ServerProcess } from './server-process.js';

const what = 'The image registry';

/** A registry of container images on loopback, without TLS and authentication, empty at first. */
export interface ImageRegistry {
  /** host:port, the beginning of an image's name. */
  readonly address: string;
  stop(): Promise<void>;
}

/** Starts the registry of the OCI distribution project: that of PATH, or Debian's, downloaded once per user. */
export async function startImageRegistry(say?: Say): Promise<ImageRegistry> {
  const command = await onPath('docker-registry').catch(async () =>
    join(await debianPackage({ name: 'docker-registry', suite: 'bookworm' }, say), 'usr/bin/docker-registry'),
  );
  const directory = await makeTemporaryDirectory('axiom-registry-');
  try {
    return await onPort(what, undefined, async (port) => {
      const address = `127.0.0.1:${port}`;
      const settings = {
        version: 0.1,
        log: { level: 'error', accesslog: { disabled: true } },
        storage: { filesystem: { rootdirectory: join(directory, 'images') } },
        http: { addr: address },
      };
      // JSON is YAML.
      await writeFile(join(directory, 'config.yml'), JSON.stringify(settings));
      const server = new ServerProcess({ what, command, args: ['serve', join(directory, 'config.yml')] });
      await server.ready(async () => (await httpStatus('GET', `http://${address}/v2/`)) === 200, 30_000);
      return {
        address,
        stop: async () => {
          await server.stop();
          await removeTemporaryDirectory(directory);
        },
      };
    });
  } catch (error) {
    await removeTemporaryDirectory(directory);
    throw error;
  }
}
