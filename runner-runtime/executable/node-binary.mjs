import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tsImport } from 'tsx/esm/api';

/** The Node that executables are made of: packages with their exact content. */
const PINNED = JSON.parse(readFileSync(new URL('./node-binaries.json', import.meta.url), 'utf8'));
export const NODE_VERSION = PINNED.version;

/**
 * Node for Linux on a processor (`x64` or `arm64`), fetched once per user as a package and checked against the pinned sum.
 * @returns its path; its licence lies in `LICENSE` two levels above
 */
export async function nodeBinary(arch) {
  const { package: name, integrity } = PINNED[arch];
  const { cachedFolder } = await tsImport('../../local-servers/src/cache.ts', import.meta.url);
  const folder = await cachedFolder(`${name}-${NODE_VERSION}`, async (into, target) => {
    console.error(`downloading ${name} ${NODE_VERSION}, once, into ${target}`);
    const work = mkdtempSync(join(tmpdir(), 'axiom-node-'));
    try {
      // Not in the working folder: a package.json there could bring settings with it.
      execFileSync('npm', ['pack', '--silent', `${name}@${NODE_VERSION}`], { cwd: work, stdio: ['ignore', 'ignore', 2], timeout: 600_000 });
      const archive = join(work, `${name}-${NODE_VERSION}.tgz`);
      const found = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`;
      if (found !== integrity) {
        throw new Error(
          `${name} ${NODE_VERSION} has the sum ${found}, not the ${integrity} of node-binaries.json: it is not the package that was reviewed`,
        );
      }
      execFileSync('tar', ['-xzf', archive, '-C', into, '--strip-components=1', 'package/bin/node', 'package/LICENSE']);
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  });
  return join(folder, 'bin/node');
}
