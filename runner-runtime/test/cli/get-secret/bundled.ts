import { execFile } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const here = dirname(fileURLToPath(import.meta.url));
const ESBUILD = join(here, '../../../../node_modules/esbuild/bin/esbuild');

/** A program of the sources, as the build would make it. */
export interface Bundled {
  readonly path: string;
  /** Files that went into it, and what they import, as esbuild tells. */
  readonly inputs: Readonly<Record<string, { readonly imports: readonly { readonly path: string; readonly external?: boolean }[] }>>;
}

/**
 * Bundles a program into one executable file, so that tests start processes of it without a build.
 * @param source TypeScript; its imports are relative to this folder
 * @param path where the program is put
 */
export async function bundle(source: string, path: string): Promise<Bundled> {
  const meta = `${path}.meta.json`;
  const args = [
    '--bundle',
    '--platform=node',
    '--target=node20',
    '--format=cjs',
    '--log-level=error',
    '--loader=ts',
    '--sourcefile=program.ts',
  ];
  const child = promisify(execFile)(ESBUILD, [...args, `--metafile=${meta}`, `--outfile=${path}`], { cwd: here });
  child.child.stdin?.end(source);
  await child;
  writeFileSync(path, `#!${process.execPath} --\n${readFileSync(path, 'utf8')}`);
  chmodSync(path, 0o755);
  return { path, inputs: (JSON.parse(readFileSync(meta, 'utf8')) as { inputs: Bundled['inputs'] }).inputs };
}

/** The command alone, under the second name of the program: `segura-agent get-secret …`. */
export const SEGURA_AGENT = `
import { getSecret } from '../../../src/cli/get-secret/get-secret.js';
const [, , command, ...args] = process.argv;
if (command !== 'get-secret') throw new Error('only get-secret');
const output = { out: (text: string | Uint8Array) => process.stdout.write(text), err: (text: string) => process.stderr.write(text) };
void getSecret(args, process.env, output).then((code) => { process.exitCode = code; });
`;

/** The commands `app …` alone, with a terminal that nobody watches. */
export const AGENT_APP = `
import { Command } from 'commander';
import { registerApp } from '../../../src/cli/agent/app.js';
import { processTerminal } from '../../../src/cli/terminal.js';
const program = new Command();
registerApp(program, processTerminal, (code) => { process.exitCode = code; });
void program.parseAsync(process.argv);
`;
