import { findMysql, ServerUnavailableError } from '@axiom-runner/local-servers';
import { it } from '@jest/globals';
import type { Flavour } from './database-server.js';

/** MySQL comes from Debian's development suite, which has not always one to give; MariaDB from a released one. */
const missing = await findMysql().then(
  () => undefined,
  (error: unknown) => {
    if (error instanceof ServerUnavailableError) return error.message;
    throw error;
  },
);

/** The servers that this machine can have. */
export const FLAVOURS: readonly Flavour[] = missing === undefined ? ['mariadb', 'mysql'] : ['mariadb'];

if (missing !== undefined) it.skip(`on MySQL: ${missing}`, () => undefined);
