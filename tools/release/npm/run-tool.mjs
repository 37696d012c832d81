import { spawnSync } from 'node:child_process';
import { root } from '../../install.mjs';

/**
 * Runs a program.
 * @returns {string} its standard output
 * @throws {Error} with what it said, when it fails
 */
export function runTool(program, args, cwd = root) {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  if (status !== 0) throw new Error(`${program} ${args[0]} fails: ${error?.message ?? `${stdout}${stderr}`.trim()}`);
  return stdout;
}
