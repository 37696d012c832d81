import { homedir } from 'node:os';
import { ROOT, succeeded, temporaryFolder } from './support/commands.js';
import { type Manifest, manifestOf, type PackageName, packed, pathsIn, type Tarball, textIn } from './support/tarballs.js';

const EVERYWHERE = ['LICENSE', 'README.md', 'package.json'];
const MIB = 2 ** 20;

/** Bundles with the licences of what is in them, and what is no bundle. */
const RUNTIME_FILES = new RegExp(
  `^(${[
    'Dockerfile',
    'bin/segura-agent\\.cjs',
    'dist/(libraries/)?[\\w-]+\\.c?js(\\.LEGAL\\.txt)?',
    'dist/(libraries/)?[\\w-]+\\.wasm',
    'dist/native/(x86_64|aarch64)\\.node',
    'dist/(LICENSE|THIRD-PARTY-NOTICES\\.txt|package\\.json)',
    'dist/image/(axiomrunner|\\.keep)',
  ].join('|')})$`,
);

/** What each holds beside that, and how much it may weigh unpacked. */
const CONTENTS: Record<PackageName, { readonly files: RegExp; readonly bytes: number; readonly count: number }> = {
  'axiom-runner': { files: /^(\.jsii|dist\/(index|(constructs|contract|lib)\/[\w/-]+)(\.d\.ts|\.js))$/, bytes: 1.5 * MIB, count: 200 },
  '@axiom-runner/runtime': { files: RUNTIME_FILES, bytes: 90 * MIB, count: 30 },
  '@axiom-runner/protocol': { files: /^dist\/(index\.js|types\/(protocol\/src|contract)\/[\w-]+\.d\.ts)$/, bytes: 0.1 * MIB, count: 10 },
  '@axiom-runner/control-plane': {
    files: /^dist\/(index\.js|axiomctl\.cjs|THIRD-PARTY-NOTICES\.txt|types\/(control-plane\/src\/([\w-]+\/)?|contract\/)[\w-]+\.d\.ts)$/,
    bytes: 1.5 * MIB,
    count: 20,
  },
};
const NAMES = Object.keys(CONTENTS) as PackageName[]; // The keys of a record are its names.

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let tarballs: ReadonlyMap<PackageName, Tarball>;

beforeAll(async () => {
  folder = await temporaryFolder();
  tarballs = await packed(`${folder.path}/once`);
}, 240_000);

afterAll(() => folder.dispose());

it('are the same bytes when they are made again', async () => {
  const sumsOf = (made: ReadonlyMap<PackageName, Tarball>) => [...made.values()].map(({ name, integrity }) => ({ name, integrity }));
  expect(sumsOf(await packed(`${folder.path}/again`))).toEqual(sumsOf(tarballs));
}, 240_000);

describe.each(NAMES)('%s', (name) => {
  const { files, bytes, count } = CONTENTS[name];
  let tarball: Tarball;
  let paths: string[];
  let manifest: Manifest;

  beforeAll(async () => {
    const found = tarballs.get(name);
    if (found === undefined) throw new Error(`${name} was not made`);
    tarball = found;
    [paths, manifest] = await Promise.all([pathsIn(tarball), manifestOf(tarball)]);
    console.log(`${name}: ${tarball.bytes} bytes, unpacked ${tarball.unpackedBytes}`);
  });

  it('holds its licence, its README, what it is made of, and nothing else', () => {
    expect(paths).toEqual(expect.arrayContaining(EVERYWHERE));
    const others = paths.filter((path) => !EVERYWHERE.includes(path));
    expect(others.filter((path) => !files.test(path))).toEqual([]);
    expect(others.length).toBeGreaterThan(count);
  });

  it('has its weight', () => {
    expect(tarball.unpackedBytes).toBeLessThan(bytes);
  });

  it('runs nothing when it is installed, and leads to no source', () => {
    expect(manifest).toMatchObject({ name, license: 'Apache-2.0' });
    expect([manifest.private, manifest.scripts, manifest.devDependencies]).toEqual([undefined, undefined, undefined]);
    expect(JSON.stringify([manifest.bin, manifest.exports])).not.toContain('src/index.ts');
  });

  it('leads to files that it holds', () => {
    const targets = [...Object.values(manifest.bin ?? {}), ...textsOf(manifest.exports)].map((path) => path.replace(/^\.\//, ''));
    expect(targets.filter((path) => !paths.includes(path))).toEqual([]);
  });

  it('names no folder of the machine that it was made on', async () => {
    const texts = paths.filter((path) => !/\.(node|wasm)$/.test(path)).map((path) => `package/${path}`);
    const all = await succeeded('tar', ['-xzOf', tarball.path, ...texts]);
    expect([ROOT.replace(/\/$/, ''), homedir()].filter((path) => path.length > 1 && all.includes(`${path}/`))).toEqual([]);
  });
});

it('depend on each other and on others by exact versions, and only where they import them', async () => {
  const dependencies = await Promise.all([...tarballs.values()].map(async (tarball) => (await manifestOf(tarball)).dependencies));
  expect(dependencies.map((names) => Object.keys(names ?? {}))).toEqual([
    [],
    [],
    ['jose', 'zod'],
    ['@axiom-runner/protocol', '@temporalio/client', '@temporalio/common', '@temporalio/worker', 'jose', 'zod'],
  ]);
  expect(dependencies.flatMap((names) => Object.values(names ?? {})).filter((range) => !/^\d+\.\d+\.\d+$/.test(range))).toEqual([]);
});

it('describe to other languages the version that they are', async () => {
  const tarball = tarballs.get('axiom-runner');
  if (tarball === undefined) throw new Error('axiom-runner was not made');
  const { name, version } = JSON.parse(await textIn(tarball, '.jsii'));
  expect(await manifestOf(tarball)).toMatchObject({ name, version });
});

it('give each command a file of its own name, which it is known by where npm makes scripts instead of links', async () => {
  const tarball = tarballs.get('@axiom-runner/runtime');
  const { bin = {} } = tarball === undefined ? {} : await manifestOf(tarball);
  expect(bin).toEqual({ axiomrunner: 'dist/axiomrunner.cjs', 'segura-agent': 'bin/segura-agent.cjs' });
  for (const path of Object.values(bin)) {
    expect(tarball === undefined ? '' : (await textIn(tarball, path)).split('\n')[0]).toBe('#!/usr/bin/env -S node --');
  }
});

/** All texts in a nested object. */
function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : [];
}
