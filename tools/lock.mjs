import { readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root, run } from './install.mjs';

/**
 * `npm run lock`: brings the lock files in line with the package.json files, so that they install anywhere: no address of a registry,
 * and an entry for the binaries of every platform, also where the registry at hand carries only its own platform's.
 */
for (const folder of [root, join(root, 'site')]) lock(folder);

function lock(folder) {
  run('npm', ['install', '--package-lock-only', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: folder });
  const path = join(folder, 'package-lock.json');
  const content = JSON.parse(readFileSync(path, 'utf8'));
  const added = complete(content.packages);
  content.packages = Object.fromEntries(Object.entries(content.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(path, `${JSON.stringify(content, undefined, 2)}\n`);
  console.error(
    `${relative(root, path)}: ${Object.keys(content.packages).length} packages, ${added.length} of them for platforms that this registry does not carry`,
  );
}

/** Takes addresses out of the packages of a lock file and adds those of other platforms. @returns names of those added */
function complete(packages) {
  const added = [];
  for (const [at, entry] of Object.entries(packages)) {
    if (entry.resolved?.startsWith('http')) delete entry.resolved;
    for (const [name, range] of Object.entries(entry.optionalDependencies ?? {})) {
      if (isLocked(packages, at, name)) continue;
      // Binaries are pinned to their package's version: the range is that version, or an alias of it.
      const [, alias, version] = /^(?:npm:(.+)@)?[\^~]?(\d[^ ]*)$/.exec(range) ?? [];
      if (version === undefined) throw new Error(`${name}@${range}, an optional dependency of ${at || 'the root'}, names no version`);
      packages[`node_modules/${name}`] = {
        ...(alias === undefined ? {} : { name: alias }),
        version,
        ...platformOf(alias ?? name),
        ...(entry.dev && { dev: true }),
        optional: true,
      };
      added.push(name);
    }
  }
  return added;
}

/** Whether a dependency is found from a package's place upwards, as Node would look it up. */
function isLocked(packages, at, name) {
  for (let place = at; ; place = place.replace(/(^|\/)node_modules\/(@[^/]+\/)?[^/]+$/, '')) {
    if (packages[place === '' ? `node_modules/${name}` : `${place}/node_modules/${name}`] !== undefined) return true;
    if (place === '' || !place.includes('node_modules/')) return packages[`node_modules/${name}`] !== undefined;
  }
}

/** Platform in a package's name, so that npm passes it over elsewhere. */
function platformOf(name) {
  const words = name.toLowerCase().split(/[^a-z0-9]+/);
  const os = {
    darwin: 'darwin',
    linux: 'linux',
    linuxmusl: 'linux',
    win32: 'win32',
    windows: 'win32',
    android: 'android',
    freebsd: 'freebsd',
    netbsd: 'netbsd',
    openbsd: 'openbsd',
    openharmony: 'openharmony',
    sunos: 'sunos',
    aix: 'aix',
    wasm32: 'wasm32',
    fsevents: 'darwin',
    wasi: 'wasi',
  };
  const cpu = {
    x64: 'x64',
    arm64: 'arm64',
    arm: 'arm',
    ia32: 'ia32',
    ppc64: 'ppc64',
    s390x: 's390x',
    riscv64: 'riscv64',
    loong64: 'loong64',
    mips64el: 'mips64el',
    wasm32: 'wasm32',
  };
  const foundOs = words.map((word) => os[word]).find(Boolean);
  const foundCpu = words.map((word) => cpu[word]).find(Boolean);
  return { ...(foundOs && { os: [foundOs] }), ...(foundCpu && { cpu: [foundCpu] }) };
}
