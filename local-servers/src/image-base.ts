import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { chmod, cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { promisify } from 'node:util';
import type { Architecture } from '../../contract/releases.js';
import { cachedFolder } from './cache.js';
import { debianPackage } from './debian-package.js';
import type { Say } from './resolve.js';

const run = promisify(execFile);
/** As the Dockerfile's own bases have it. */
const SUITE = 'trixie';
const EXECUTABLE = new URL('../../runner-runtime/executable/', import.meta.url);
const NODE_BINARY = new URL('node-binary.mjs', EXECUTABLE).href;
const { version: NODE_VERSION } = JSON.parse(readFileSync(new URL('node-binaries.json', EXECUTABLE), 'utf8')) as {
  readonly version: string;
};

/** What of a package's files and which loader an architecture has. */
const MACHINES = {
  amd64: { npm: 'x64', triplet: 'x86_64-linux-gnu', loader: 'lib64' },
  arm64: { npm: 'arm64', triplet: 'aarch64-linux-gnu', loader: 'lib' },
} as const;

/** Root file systems that stand for the two images which the container image is made from, where no image registry can be reached. */
export interface ImageBase {
  /** glibc, libstdc++, CA certificates and the user 65532, like a distroless image: no shell, no package manager. */
  readonly base: string;
  /** Node 24 in `/usr/local`, like the official image of Node, and nothing else. */
  readonly node: string;
}

/** Makes them of packages of Debian and npm, once per user. */
export async function imageBase(architecture: Architecture, say?: Say): Promise<ImageBase> {
  const folder = await cachedFolder(`image-base-${SUITE}-node-${NODE_VERSION}-${architecture}`, async (into, target) => {
    say?.(`making a base for container images of ${architecture}, once, in ${target}`);
    await Promise.all([makeBase(architecture, join(into, 'base'), say), makeNode(architecture, join(into, 'node'))]);
  });
  return { base: join(folder, 'base'), node: join(folder, 'node') };
}

async function makeBase(architecture: Architecture, root: string, say?: Say): Promise<void> {
  const { triplet, loader } = MACHINES[architecture];
  const packages = await debianPackage({ name: 'libstdc++6', suite: SUITE, architecture }, say);
  await mkdir(join(root, 'usr', loader), { recursive: true });
  for (const path of [`usr/lib/${triplet}`, 'usr/lib64', 'usr/lib/ld-linux-aarch64.so.1']) {
    // What translates character sets is left out: nothing here asks the C library for it.
    await cp(join(packages, path), join(root, path), {
      recursive: true,
      verbatimSymlinks: true,
      filter: (file) => !file.includes('/gconv'),
    }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error; // each architecture has its own loader
    });
  }
  for (const name of ['lib', ...(loader === 'lib' ? [] : [loader])]) await symlink(`usr/${name}`, join(root, name));
  for (const [name, mode] of Object.entries({ etc: 0o755, run: 0o755, var: 0o755, 'var/lib': 0o755, tmp: 0o1777 })) {
    await mkdir(join(root, name), { recursive: true });
    await chmod(join(root, name), mode);
  }
  await file(root, 'etc/passwd', 'root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n');
  await file(root, 'etc/group', 'root:x:0:\nnonroot:x:65532:\n');
  await file(root, 'etc/nsswitch.conf', 'hosts: files dns\n');
  await file(root, 'etc/ssl/certs/ca-certificates.crt', `${rootCertificates.join('\n')}\n`);
}

/** Of the Node that executables are made of, which is checked against its pinned sum. */
async function makeNode(architecture: Architecture, root: string): Promise<void> {
  const script = `import { nodeBinary } from ${JSON.stringify(NODE_BINARY)}; console.log(await nodeBinary('${MACHINES[architecture].npm}'))`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', script], { timeout: 300_000 });
  const [binary, license] = [stdout.trim(), join(stdout.trim(), '../../LICENSE')];
  await mkdir(join(root, 'usr/local/bin'), { recursive: true });
  await cp(binary, join(root, 'usr/local/bin/node'));
  await cp(license, join(root, 'usr/local/LICENSE'));
  await chmod(join(root, 'usr/local/bin/node'), 0o755);
}

async function file(root: string, path: string, text: string): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text, { mode: 0o644 });
}
