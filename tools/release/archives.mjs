import { createWriteStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import yazl from 'yazl';
import { ARCHIVES, RELEASE_KEY_FILE } from '../../contract/releases.ts';
import { root } from '../install.mjs';
import { copyFolder, filesUnder } from './files.mjs';

/** The archives that the published guide has users unpack, each with one folder in it; and what is downloaded as it is: templates, manifest. */
export async function makeArchives({ folder, released, publicKey }) {
  for (const part of ['cloudformation', 'kubernetes']) copyFolder(join(root, 'deploy', part), join(folder, part));

  const license = { path: 'LICENSE', source: join(root, 'LICENSE'), executable: false };
  // With the key beside it, the script takes signed updates only.
  const key = publicKey === undefined ? [] : [{ path: RELEASE_KEY_FILE, content: Buffer.from(publicKey), executable: false }];
  await writeZip(
    join(folder, ARCHIVES.helm.file),
    ARCHIVES.helm.folder,
    [...filesUnder(join(root, 'deploy/helm/axiom-runner-helm-v2')), license],
    released,
  );
  await writeZip(
    join(folder, ARCHIVES.docker.file),
    ARCHIVES.docker.folder,
    [...filesUnder(join(root, 'deploy/docker')), license],
    released,
  );
  await writeZip(
    join(folder, ARCHIVES.binary.file),
    ARCHIVES.binary.folder,
    [...filesUnder(join(root, 'deploy/binary')), license, ...key],
    released,
  );
}

/**
 * Writes a zip archive that is the same for the same files: their times are the release's, their modes 0755 or 0644.
 * @param {string} target path of the archive
 * @param {string} top folder in it
 * @param {{ path: string, source?: string, content?: Buffer, executable: boolean }[]} files
 * @param {Date} time
 */
export async function writeZip(target, top, files, time) {
  const zip = new yazl.ZipFile();
  for (const { path, source, content = readFileSync(source), executable } of files) {
    zip.addBuffer(content, `${top}/${path}`, { mtime: time, mode: executable ? 0o100755 : 0o100644 });
  }
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(target));
}
