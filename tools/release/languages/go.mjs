import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeZip } from '../archives.mjs';
import { filesUnder, write } from '../files.mjs';
import { run } from '../run-program.mjs';
import { generateBindings, library } from './bindings.mjs';

/**
 * Formats the module and lays it out as the Go module proxy protocol has it: https://go.dev/ref/mod#goproxy-protocol. What is published is
 * the module's folder in a git repository, from which proxies make the same archive.
 */
export async function makeGo({ folder, scratch, time }) {
  const { moduleName, packageName } = library.jsii.targets.go;
  const code = join(generateBindings('go', scratch), packageName);
  run('gofmt', ['-w', '.'], { cwd: code, mend: 'install Go' });
  const module = `${moduleName}/${packageName}`;
  const versions = join(folder, module, '@v');
  const version = `v${library.version}`;
  if (!existsSync(join(code, 'LICENSE'))) throw new Error('the generated Go module has no licence');
  write(join(versions, 'list'), `${version}\n`);
  write(join(versions, `${version}.info`), `${JSON.stringify({ Version: version, Time: time.toISOString() })}\n`);
  write(join(versions, `${version}.mod`), readFileSync(join(code, 'go.mod')));
  await writeZip(join(versions, `${version}.zip`), `${module}@${version}`, filesUnder(code), time);
}
