import { statSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../install.mjs';
import { filesUnder } from '../files.mjs';

/** @throws {Error} when what `npm run build` makes is missing or older than its sources */
export function requireBuilt({ name, built }) {
  if (built === undefined) return;
  const mend = 'Run "npm run build".';
  const made = modified(built.file);
  if (made === undefined) throw new Error(`${name} is not built: there is no ${built.file}. ${mend}`);
  const newer = built.sources.flatMap(filesOf).find((path) => modified(path) > made);
  if (newer !== undefined) throw new Error(`${name} is not built from what is here: ${newer} is newer than ${built.file}. ${mend}`);
}

const modified = (path) => statSync(join(root, path), { throwIfNoEntry: false })?.mtimeMs;

function filesOf(path) {
  return statSync(join(root, path)).isDirectory() ? filesUnder(join(root, path)).map((file) => join(path, file.path)) : [path];
}
