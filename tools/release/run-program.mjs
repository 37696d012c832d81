import { spawnSync } from 'node:child_process';

/**
 * Runs a program to its end; its output is shown only when it fails.
 * @throws {Error} with the end of its output, or how to mend that it can't be started
 */
export function run(program, args, { cwd, env = {}, mend = `install ${program}` } = {}) {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    env: { ...process.env, JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION: '1', ...env },
  });
  if (error !== undefined) throw new Error(`${program} cannot be started (${error.message}): ${mend}`);
  if (status !== 0) throw new Error(`${program} ${args[0]} ended with ${status}:\n${`${stdout}${stderr}`.trim().slice(-4000)}`);
  return stdout;
}
