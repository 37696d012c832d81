/** Bundles `axiomctl`. The Temporal packages stay outside: they bring a native library and are installed with this package. */
import { readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, 'dist');
const { version } = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8'));
rmSync(out, { recursive: true, force: true });
await build({
  entryPoints: [join(here, 'src/cli/main.ts')],
  outfile: join(out, 'axiomctl.cjs'),
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  define: { AXIOMCTL_VERSION: JSON.stringify(version), 'import.meta.url': '""' },
  minifySyntax: true,
  external: ['@temporalio/*'],
  keepNames: true,
  lineLimit: 300,
  legalComments: 'linked',
  logLevel: 'error',
});
