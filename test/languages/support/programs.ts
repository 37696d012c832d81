import { execFile, spawnSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** Folder of the repository. */
export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../../..');
/** The folder with one app in each language: all of them make the same. */
export const APPS = join(ROOT, 'test/languages/apps');

/** What this library's package.json says of it. */
export interface Library {
  readonly version: string;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}
export const LIBRARY: Library = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));

/** Runs a program to its end. @returns its standard output; rejects with what it wrote on standard error when it fails */
export async function run(program: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
  const { stdout } = await promisify(execFile)(program, [...args], {
    cwd,
    env: { ...process.env, JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION: '1', ...env },
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout;
}

/** Whether a program can be started. */
export function has(program: string, ...args: string[]): boolean {
  return spawnSync(program, args).status === 0;
}

/** Makes the library for languages as a release does, from what jsii compiled last. */
export async function makeLanguages(output: string, ...args: string[]): Promise<void> {
  await run(process.execPath, ['tools/release/languages.mjs', '--compiled', '--output', output, ...args], ROOT);
}

/** Templates and manifests below a folder, by path. */
export async function synthesised(folder: string): Promise<Readonly<Record<string, unknown>>> {
  const paths = await readdir(folder, { recursive: true });
  const made = paths.filter((path) => /\.(template\.json|k8s\.yaml)$/.test(path)).sort();
  const texts = await Promise.all(made.map((path) => readFile(join(folder, path), 'utf8')));
  return Object.fromEntries(made.map((path, index) => [path, read(path, texts[index] ?? '')]));
}

function read(path: string, text: string): unknown {
  return path.endsWith('.json') ? JSON.parse(text) : text;
}

/** What the app in TypeScript makes. */
export async function synthesisedByTypeScript(folder: string): Promise<Readonly<Record<string, unknown>>> {
  const app = join(APPS, 'typescript/app.ts');
  await run(process.execPath, ['--import', 'tsx', app, join(folder, 'cdk'), join(folder, 'charts')], ROOT, WITHOUT_VALIDATION);
  return synthesised(folder);
}

/** The CDK's own findings in templates are no difference between languages. */
export const WITHOUT_VALIDATION = { CDK_VALIDATION: 'false' };
