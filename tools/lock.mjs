import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, run } from './install.mjs';

/**
 * `npm run lock`: brings package-lock.json in line with the package.json files, so that it installs anywhere: no address of a registry,
 * and an entry for the binaries of every platform, also where the registry at hand carries only its own platform's.
 */
run('npm', ['install', '--package-lock-only', '--no-audit', '--no-fund', '--loglevel=error']);

const path = join(root, 'package-lock.json');
const lock = JSON.parse(readFileSync(path, 'utf8'));
const { packages } = lock;
const added = [];
for (const [at, entry] of Object.entries(packages)) {
  if (entry.resolved?.startsWith('http')) delete entry.resolved;
  for (const [name, range] of Object.entries(entry.optionalDependencies ?? {})) {
    if (isLocked(at, name)) continue;
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
lock.packages = Object.fromEntries(Object.entries(packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(path, `${JSON.stringify(lock, undefined, 2)}\n`);
console.error(
  `package-lock.json: ${Object.keys(lock.packages).length} packages, ${added.length} of them for platforms that this registry does not carry`,
);

/** Whether a dependency is found from a package's place upwards, as Node would look it up. */
function isLocked(at, name) {
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
