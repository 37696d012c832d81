/**
 * Bundles `axiomctl`, into `dist/` or the folder that is the argument. The Temporal packages stay outside: they bring a native library and are
 * installed with this package.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { NOTICES_FILE, noticesOf } from '../tools/notices.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const [out = join(here, 'dist')] = process.argv.slice(2);
const outfile = join(out, 'axiomctl.cjs');
const { version } = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8'));
rmSync(outfile, { force: true });
const { metafile } = await build({
  entryPoints: [join(here, 'src/cli/main.ts')],
  outfile,
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
  metafile: true,
  absWorkingDir: join(here, '..'),
});
writeFileSync(join(out, NOTICES_FILE), noticesOf(metafile));
// For the bill of materials.
writeFileSync(join(here, 'dist.meta.json'), JSON.stringify(metafile));
