import { createHash } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { CHECKSUMS_FILE, EXECUTABLES, RELEASE_INDEX_FILE, RELEASE_KEY_FILE, SIGNATURE_ENDING } from '../../contract/releases.ts';
import { filesUnder, write } from './files.mjs';

/** Checksums of everything, of each executable beside it, the index for programs, and the signatures where there is a key. */
export function makeIndex({ folder, version, released, signer }) {
  if (signer !== undefined) write(join(folder, RELEASE_KEY_FILE), signer.publicKey);
  for (const path of Object.values(EXECUTABLES)) {
    const file = join(folder, path);
    const content = contentOf(file);
    if (content === undefined) continue;
    write(`${file}.sha256`, checksumLine(sha256(content), basename(path)));
    signer?.sign(file);
  }
  const files = filesUnder(folder)
    .filter(({ path }) => !path.endsWith(SIGNATURE_ENDING))
    .map(({ path, source }) => {
      const content = readFileSync(source);
      return { path, bytes: content.length, sha256: sha256(content) };
    });
  write(join(folder, RELEASE_INDEX_FILE), `${JSON.stringify({ version, released: released.toISOString(), files }, undefined, 2)}\n`);
  const all = [...files, { path: RELEASE_INDEX_FILE, sha256: sha256(readFileSync(join(folder, RELEASE_INDEX_FILE))) }];
  write(join(folder, CHECKSUMS_FILE), all.map((file) => checksumLine(file.sha256, file.path)).join(''));
  signer?.sign(join(folder, CHECKSUMS_FILE));
}

/** The release a second time under another name, without a second copy on disk. */
export function linkRelease(folder, name) {
  const target = join(dirname(folder), name);
  rmSync(target, { recursive: true, force: true });
  for (const { path, source } of filesUnder(folder)) {
    mkdirSync(dirname(join(target, path)), { recursive: true });
    linkSync(source, join(target, path));
  }
}

const sha256 = (content) => createHash('sha256').update(content).digest('hex');
/** As sha256sum writes it. */
const checksumLine = (digest, path) => `${digest}  ${path}\n`;

function contentOf(file) {
  try {
    return readFileSync(file);
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
    return undefined;
  }
}
