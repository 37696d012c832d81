import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { runnerBundle, runnerExecutable } from '@axiom-runner/local-servers';

/** Makes a real executable that tells another version, and otherwise works as this one or not at all. @returns its path */
export async function executableOf(version: string, { neverReady = false } = {}): Promise<string> {
  const dist = mkdtempSync(join(tmpdir(), 'axiom-dist-'));
  try {
    cpSync(dirname(runnerBundle()), dist, { recursive: true });
    edit(join(dist, 'axiomrunner.cjs'), /\bVERSION="[^"]+"/, `VERSION="${version}"`);
    if (neverReady) writeFileSync(join(dist, 'runner.cjs'), 'exports.main = () => new Promise((end) => setTimeout(end, 600_000, 0));\n');
    return await runnerExecutable(dist);
  } finally {
    rmSync(dist, { recursive: true, force: true });
  }
}

function edit(path: string, from: RegExp, to: string): void {
  const text = readFileSync(path, 'utf8');
  if (!from.test(text)) throw new Error(`${path} holds no ${from}`);
  writeFileSync(path, text.replace(from, to));
}
