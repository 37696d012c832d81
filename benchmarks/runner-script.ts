import { cpSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { runnerBundle } from '@axiom-runner/local-servers';
import { temporaryFolder } from './temporary-folder.js';

let copy: string | undefined;

/** Path of the bundled runner, in a copy of its folder: a build during the run must not change what is measured. */
export function runnerScript(): string {
  copy ??= copyOf(runnerBundle());
  return copy;
}

function copyOf(bundle: string): string {
  const folder = temporaryFolder('axiom-benchmark-runner-');
  cpSync(dirname(bundle), folder, { recursive: true });
  return join(folder, basename(bundle));
}
