import { createHash, generateKeyPairSync } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import {
  ARCHIVES,
  CHECKSUMS_FILE,
  RELEASE_INDEX_FILE,
  RELEASE_KEY_FILE,
  type ReleaseIndex,
  SIGNATURE_ENDING,
} from '../../contract/releases.js';
import { ROOT, release, run, temporaryFolder, VERSION } from './support/release-command.js';

/** The parts that take no time. */
const QUICK = ['--dry-run', '--only', 'archives,charts'];
const key = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

let folder: Awaited<ReturnType<typeof temporaryFolder>>;

beforeAll(async () => {
  folder = await temporaryFolder();
});

afterAll(() => folder.dispose());

const sha256 = async (path: string) =>
  createHash('sha256')
    .update(await readFile(path))
    .digest('hex');

describe('a dry run', () => {
  let made: string;
  let latest: string;

  beforeAll(async () => {
    made = join(folder.path, 'made');
    latest = join(made, 'releases/latest');
    expect(await release([...QUICK, '--output', made], { RELEASE_SIGNING_KEY: key })).toMatchObject({ code: 0 });
  }, 60_000);

  it('makes the archives of the published guide, under the version and as latest', async () => {
    for (const { file } of Object.values(ARCHIVES)) {
      expect(await sha256(join(latest, file))).toBe(await sha256(join(made, 'releases', VERSION, file)));
    }
  });

  it('lists every file with size and checksum for programs', async () => {
    const index = JSON.parse(await readFile(join(latest, RELEASE_INDEX_FILE), 'utf8')) as ReleaseIndex;
    expect(index.version).toBe(VERSION);
    expect(new Date(index.released).toISOString()).toBe(index.released);
    expect(index.files.map(({ path }) => path)).toEqual(expect.arrayContaining(['cloudformation/oidc-role.yaml', ARCHIVES.helm.file]));
    for (const { path, bytes, sha256: digest } of index.files) {
      expect((await stat(join(latest, path))).size).toBe(bytes);
      expect(await sha256(join(latest, path))).toBe(digest);
    }
  });

  it('has checksums that sha256sum takes, of everything but themselves and signatures', async () => {
    expect(await run('sha256sum', ['--check', '--strict', CHECKSUMS_FILE], {}, latest)).toMatchObject({ code: 0 });
    const listed = (await readFile(join(latest, CHECKSUMS_FILE), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => line.slice(66));
    const { stdout } = await run('find', ['.', '-type', 'f', '-printf', '%P\n'], {}, latest);
    expect(
      stdout
        .trim()
        .split('\n')
        .filter((path) => !path.startsWith(CHECKSUMS_FILE))
        .sort(),
    ).toEqual(listed.sort());
  });

  it('signs the checksums, which openssl verifies with the key in the archive of the binary', async () => {
    expect(await run('unzip', ['-q', join(latest, ARCHIVES.binary.file)], {}, folder.path)).toMatchObject({ code: 0 });
    const publicKey = join(folder.path, ARCHIVES.binary.folder, RELEASE_KEY_FILE);
    const verify = (file: string) =>
      run('openssl', [
        'pkeyutl',
        '-verify',
        '-pubin',
        '-inkey',
        publicKey,
        '-rawin',
        '-in',
        file,
        '-sigfile',
        join(latest, CHECKSUMS_FILE + SIGNATURE_ENDING),
      ]);
    expect(await verify(join(latest, CHECKSUMS_FILE))).toMatchObject({ code: 0 });
    expect((await verify(join(latest, RELEASE_INDEX_FILE))).code).not.toBe(0);
  });

  it('keeps the signing key out of everything it makes', async () => {
    const secret = key.split('\n')[1] ?? '';
    expect(secret).toHaveLength(64);
    expect((await run('grep', ['--recursive', '--files-with-matches', '--fixed-strings', secret, made])).stdout).toBe('');
  });

  it('makes the same bytes again', async () => {
    const again = join(folder.path, 'again');
    await release([...QUICK, '--output', again], { RELEASE_SIGNING_KEY: key, TZ: 'Asia/Tokyo' });
    expect(await run('diff', ['--recursive', '--brief', made, again])).toMatchObject({ code: 0, stdout: '' });
  }, 60_000);

  it('has the notes of the version from CHANGELOG.md', async () => {
    const notes = await readFile(join(latest, 'NOTES.md'), 'utf8');
    expect(notes).toMatch(/^### Added/);
    expect(await readFile(join(ROOT, 'CHANGELOG.md'), 'utf8')).toContain(notes.trim());
  });

  it('without a key signs nothing and says so', async () => {
    const unsigned = join(folder.path, 'unsigned');
    const { code, stdout, stderr } = await release([...QUICK, '--output', unsigned], { RELEASE_SIGNING_KEY: '' });
    expect({ code, last: stdout.trim().split('\n').at(-1) }).toEqual({ code: 0, last: expect.stringContaining('not signed') });
    expect(stderr).toContain('RELEASE_SIGNING_KEY is not set');
    expect((await run('find', [unsigned, '-name', `*${SIGNATURE_ENDING}`, '-o', '-name', RELEASE_KEY_FILE])).stdout).toBe('');
  }, 60_000);
});

describe('the repository of charts', () => {
  it('keeps the versions that are published already', async () => {
    const published = join(folder.path, 'index.yaml');
    await writeFile(
      published,
      'apiVersion: v1\nentries:\n  axiom-runner-helm-v2:\n    - {name: axiom-runner-helm-v2, version: 0.0.9, urls: [https://example.com/a.tgz]}\n',
    );
    const output = join(folder.path, 'charts');
    await release([...QUICK, '--output', output, '--charts-index', published, '--base-url', 'https://example.com/axiomrunner/']);
    const { entries } = parse(await readFile(join(output, 'charts/index.yaml'), 'utf8'));
    expect(entries['axiom-runner-helm-v2'].map(({ version, urls }: { version: string; urls: string[] }) => [version, ...urls])).toEqual([
      [VERSION, `https://example.com/axiomrunner/charts/axiom-runner-helm-v2-${VERSION}.tgz`],
      ['0.0.9', 'https://example.com/a.tgz'],
    ]);
    expect(entries['axiom-secret-agent']).toHaveLength(1);
  }, 60_000);
});

describe('a release', () => {
  it('is refused, with everything that is missing, before anything is made', async () => {
    const output = join(folder.path, 'refused');
    const { code, stderr } = await release(['--only', 'archives', '--output', output], { RELEASE_SIGNING_KEY: '' });
    expect(code).toBe(78);
    for (const fault of [`no tag v${VERSION}`, 'RELEASE_SIGNING_KEY is not set', '--only, --without and --built are for a dry run'])
      expect(stderr).toContain(fault);
    await expect(stat(output)).rejects.toMatchObject({ code: 'ENOENT' });
  }, 60_000);

  it.each([
    ['an unknown part', ['--dry-run', '--only', 'archives,boxes'], 'there is no part "boxes". Allowed: archives, '],
    ['an unknown option', ['--dryrun'], "Unknown option '--dryrun'"],
  ])(
    'with %s ends with 64',
    async (_, args, message) => {
      expect(await release(args)).toMatchObject({ code: 64, stderr: expect.stringContaining(message) });
    },
    60_000,
  );

  it.each([
    ['no key', 'hunter2-hunter2', 'no private key in PEM'],
    [
      'of another kind',
      generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      'of type ec',
    ],
  ])(
    'with a signing key that is %s fails without showing it',
    async (_, wrong, message) => {
      const { code, stderr } = await release([...QUICK, '--output', join(folder.path, 'wrong-key')], { RELEASE_SIGNING_KEY: wrong });
      expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(message) });
      expect(stderr).not.toContain(wrong.slice(0, 15) === 'hunter2-hunter2' ? wrong : (wrong.split('\n')[1] ?? ''));
    },
    60_000,
  );
});
