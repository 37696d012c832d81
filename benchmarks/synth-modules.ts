import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Modules of other packages that the files of a package require, each once. */
export function foreignModulesOf(main: string): string[] {
  const folder = dirname(main);
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.js'));
  const required = files.flatMap((file) => [...readFileSync(join(folder, file), 'utf8').matchAll(/\brequire\("([^"]+)"\)/g)]);
  return [...new Set(required.map(([, name = '']) => name))].filter((name) => !name.startsWith('.') && !name.startsWith('node:'));
}
