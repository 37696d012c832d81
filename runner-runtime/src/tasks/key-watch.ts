import type { NativeConnection } from '@temporalio/worker';
import { asRunnerError } from '../errors.js';
import type { Logger } from '../operations/logger.js';
import { asControlPlaneError } from './connection.js';

/** Time between two looks, ms. */
const LOOK_EVERY_MS = 15_000;

/** What a watch needs. */
export interface KeyWatchOptions {
  readonly connection: NativeConnection;
  readonly address: string;
  readonly namespace: string;
  /** The key that the connection was opened with. */
  readonly key: string;
  /** Reads the key as the settings say, anew. */
  readonly readKey: () => Promise<string>;
  readonly log: Logger;
}

/**
 * Looks from time to time whether the control plane still takes the key of an open connection, and gives it the key anew where it does not:
 * the engine's own polls try a refused key again for ever, and tell nobody.
 * @returns ends the watch
 */
export function watchKey({ connection, address, namespace, key, readKey, log }: KeyWatchOptions): () => void {
  let current = key;
  const look = async () => {
    try {
      await connection.workflowService.describeNamespace({ namespace });
    } catch (error) {
      const { kind, message, mend } = asControlPlaneError(error, address, namespace);
      if (kind !== 'unauthenticated') return;
      const read = await readKey();
      if (read === current) {
        log.error(message, { code: 'CONTROL_PLANE_UNAUTHENTICATED', mend });
        return;
      }
      await connection.setApiKey(read);
      current = read;
      log.info('the control plane refused the API key; it was read again');
    }
  };
  const timer = setInterval(
    () =>
      void look().catch((error: unknown) => {
        const { code, message, mend } = asRunnerError(error);
        log.error(message, { code, mend });
      }),
    LOOK_EVERY_MS,
  );
  timer.unref();
  return () => clearInterval(timer);
}
