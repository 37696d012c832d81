import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cachedFolder } from './cache.js';
import { debianPackage } from './debian-package.js';
import { onPath, type Say } from './resolve.js';
import { unpackedProgram } from './unpacked-program.js';

/** Programs that a bare system may lack, with the package of Debian that has each, and where, unless in `usr/bin`. */
const PROGRAMS = {
  curl: ['curl'],
  jq: ['jq'],
  openssl: ['openssl'],
  ps: ['procps'],
  psql: ['postgresql-client-17', 'usr/lib/postgresql/17/bin/psql'],
  unzip: ['unzip'],
  wget: ['wget'],
  zip: ['zip'],
} as const;
const SUITE = 'trixie';

/**
 * A folder for PATH with those of curl, jq, openssl, ps, psql, unzip, wget and zip that this host lacks, from Debian's packages, which are
 * downloaded and unpacked once per user; nothing when it has them all.
 */
export async function commandLineTools(say?: Say): Promise<string | undefined> {
  const missing: (keyof typeof PROGRAMS)[] = [];
  for (const program of Object.keys(PROGRAMS) as (keyof typeof PROGRAMS)[]) {
    await onPath(program).catch(() => missing.push(program));
  }
  if (missing.length === 0) return undefined;
  return cachedFolder(`tools-${SUITE}-${missing.join('-')}`, async (into) => {
    for (const program of missing) {
      const [name, path = `usr/bin/${program}`] = PROGRAMS[program];
      const { command, loading } = await unpackedProgram(await debianPackage({ name, suite: SUITE }, say), path);
      const words = [command, ...loading].map((word) => `'${word}'`).join(' ');
      await writeFile(join(into, program), `#!/bin/sh\nexec ${words} "$@"\n`);
      await chmod(join(into, program), 0o755);
    }
  });
}
