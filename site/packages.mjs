import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cachedFolder } from '../local-servers/src/cache.ts';

const FILES = ['package.json', 'package-lock.json'];
const here = fileURLToPath(new URL('.', import.meta.url));

/**
 * The folder that holds the site's pinned packages in its node_modules: in the user's cache, named by a hash of the lock file, installed when
 * it is missing.
 */
export function sitePackages() {
  const hash = createHash('sha256');
  for (const file of FILES) hash.update(readFileSync(join(here, file)));
  return cachedFolder(`site-${hash.digest('hex').slice(0, 16)}`, async (into, target) => {
    console.error(`installing the packages of the site (npm ci), once, into ${target}`);
    for (const file of FILES) copyFileSync(join(here, file), join(into, file));
    const options = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
    execFileSync('npm', ['ci', ...options], { cwd: into, stdio: ['ignore', 2, 2] });
  });
}
