import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

const ROOT = join(__dirname, '../..');

/**
 * Expects files in the repository to be what a tool makes of the sources now, and as executable.
 * @param tool script that writes into the folder that is its argument
 * @param shipped file or folder in the repository
 * @param made the same in that folder
 */
export function expectRendered(tool: string, shipped: string, made: string): void {
  const folder = mkdtempSync(join(tmpdir(), 'axiom-rendered-'));
  try {
    const { status, stderr } = spawnSync(process.execPath, [tool, folder], { cwd: ROOT, encoding: 'utf8' });
    expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
    expect(textsIn(join(ROOT, shipped))).toEqual(textsIn(join(folder, made)));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Texts by path, and who may execute each file. */
function textsIn(path: string, top = path): Record<string, { readonly text: string; readonly executable: number }> {
  const status = statSync(path);
  if (!status.isDirectory()) return { [relative(top, path)]: { text: readFileSync(path, 'utf8'), executable: status.mode & 0o111 } };
  return Object.assign({}, ...readdirSync(path).map((name) => textsIn(join(path, name), top)));
}
