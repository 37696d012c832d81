import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { privateFolder, readPrivateFile, writePrivateFile } from '../../src/operations/private-file.js';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'axiom-test-private-'));
  path = join(folder, 'file');
});
afterEach(() => rmSync(folder, { recursive: true }));

const isRoot = process.getuid?.() === 0;
const asRoot = isRoot ? it : it.skip;
const put = (text: string, mode = 0o600) => {
  writeFileSync(path, text);
  chmodSync(path, mode);
};
const modeOf = (file: string) => statSync(file).mode & 0o777;

describe('reading a private file', () => {
  it.each([0o600, 0o400, 0o700])('gives its text when only its owner may (%o)', async (mode) => {
    put('text', mode);
    expect(await readPrivateFile(path)).toBe('text');
  });

  it.each([
    [0o640, '600'],
    [0o620, '600'],
    [0o604, '600'],
    [0o602, '600'],
    [0o666, '600'],
    [0o710, '700'],
  ])('refuses the mode %o and says which to give it', async (mode, mended) => {
    put('text', mode);
    await expect(readPrivateFile(path)).rejects.toMatchObject({
      name: 'PrivateFileError',
      reason: 'open to others',
      path,
      mend: `chmod ${mended} '${path}'`,
      message: expect.not.stringContaining('text'),
    });
  });

  it('lets a group read where that is wanted, and not write', async () => {
    put('text', 0o640);
    expect(await readPrivateFile(path, { forbiddenMode: 0o027 })).toBe('text');
    chmodSync(path, 0o660);
    await expect(readPrivateFile(path, { forbiddenMode: 0o027 })).rejects.toMatchObject({ reason: 'open to others' });
  });

  it.each([
    ['missing', 'nothing', () => undefined],
    ['missing', 'a folder in the way that is none', () => writeFileSync(join(folder, 'no-folder'), '')],
    [
      'link',
      'a link to a good file',
      () => {
        put('text');
        symlinkSync(path, join(folder, 'link'));
      },
    ],
    ['link', 'a link to nothing', () => symlinkSync('nowhere', join(folder, 'link'))],
    ['no regular file', 'a folder', () => mkdirSync(path, { mode: 0o700 })],
    ['no regular file', 'a pipe that nobody writes to', () => execFileSync('mkfifo', ['-m', '600', path])],
    ['too large', 'too much', () => put('x'.repeat(1_048_577))],
  ])('refuses as %s: %s', async (reason, what, prepare) => {
    prepare();
    const asked = what.startsWith('a link')
      ? join(folder, 'link')
      : what.startsWith('a folder in')
        ? join(folder, 'no-folder', 'file')
        : path;
    await expect(readPrivateFile(asked)).rejects.toMatchObject({
      name: 'PrivateFileError',
      reason,
      path: asked,
      mend: expect.stringMatching(/\.$/),
    });
  });

  it('takes a file up to the size that is named', async () => {
    put('12345');
    expect(await readPrivateFile(path, { maxBytes: 5 })).toBe('12345');
    await expect(readPrivateFile(path, { maxBytes: 4 })).rejects.toMatchObject({ reason: 'too large' });
  });

  asRoot('refuses a file of another user', async () => {
    put('text');
    chownSync(path, 65_534, 65_534);
    await expect(readPrivateFile(path)).rejects.toMatchObject({ reason: 'of another user' });
  });
});

describe('writing a private file', () => {
  it.each([
    [undefined, 0o600],
    [0o640, 0o640],
    [0o400, 0o400],
  ])('gives it the mode %s, whatever the umask', async (mode, expected) => {
    const umask = process.umask(0o777);
    try {
      await writePrivateFile(path, 'text', mode === undefined ? {} : { mode });
    } finally {
      process.umask(umask);
    }
    expect([modeOf(path), statSync(path).isFile()]).toEqual([expected, true]);
  });

  it('writes text and bytes, and leaves nothing beside them', async () => {
    await writePrivateFile(path, 'é');
    expect(readFileSync(path, 'utf8')).toBe('é');
    await writePrivateFile(path, Uint8Array.of(0, 255));
    expect([...readFileSync(path)]).toEqual([0, 255]);
    expect(readdirSync(folder)).toEqual(['file']);
  });

  it('closes a file that was open to others', async () => {
    put('old', 0o666);
    await writePrivateFile(path, 'new');
    expect(modeOf(path)).toBe(0o600);
  });

  it('takes the place of a link and of a second name, and writes to neither', async () => {
    const other = join(folder, 'other');
    writeFileSync(other, 'untouched');
    symlinkSync(other, path);
    await writePrivateFile(path, 'new');
    expect([lstatSync(path).isFile(), readFileSync(other, 'utf8')]).toEqual([true, 'untouched']);
    linkSync(other, join(folder, 'second'));
    await writePrivateFile(join(folder, 'second'), 'new');
    expect(readFileSync(other, 'utf8')).toBe('untouched');
  });

  it('shows a reader the old text or the new one, and nothing in between', async () => {
    const texts = Array.from({ length: 6 }, (_, index) => String(index).repeat(200_000));
    await writePrivateFile(path, texts[0] ?? '');
    let writing = true;
    const seen = new Set<string>();
    const reading = (async () => {
      while (writing) seen.add(await readPrivateFile(path));
    })();
    for (const text of texts) await writePrivateFile(path, text);
    writing = false;
    await reading;
    expect([...seen].filter((text) => !texts.includes(text))).toEqual([]);
    expect(seen.size).toBeGreaterThan(0);
  });

  it('leaves what is there where it must be new, and of many writers lets one through', async () => {
    const outcomes = await Promise.allSettled(
      Array.from({ length: 8 }, (_, index) => writePrivateFile(path, String(index), { mustBeNew: true })),
    );
    const winners = outcomes.flatMap(({ status }, index) => (status === 'fulfilled' ? [String(index)] : []));
    expect(winners).toEqual([readFileSync(path, 'utf8')]);
    await expect(writePrivateFile(path, 'late', { mustBeNew: true })).rejects.toMatchObject({ code: 'EEXIST' });
    expect(readdirSync(folder)).toEqual(['file']);
  });

  it('leaves nothing behind where it fails', async () => {
    mkdirSync(path);
    await expect(writePrivateFile(path, 'text')).rejects.toMatchObject({ code: expect.stringMatching(/^E(ISDIR|EXIST|PERM)$/) });
    await expect(writePrivateFile(join(folder, 'gone', 'file'), 'text')).rejects.toMatchObject({ code: 'ENOENT' });
    expect(readdirSync(folder)).toEqual(['file']);
  });
});

describe('a private folder', () => {
  it('is made with all above it, and closed where it was open', async () => {
    const deep = join(folder, 'a', 'b');
    expect(await privateFolder(deep)).toBe(deep);
    expect(modeOf(deep)).toBe(0o700);
    chmodSync(deep, 0o755);
    await privateFolder(deep);
    expect(modeOf(deep)).toBe(0o700);
  });

  it('is not one that all share, which stays as it is', async () => {
    mkdirSync(path);
    chmodSync(path, 0o1777);
    await expect(privateFolder(path)).rejects.toMatchObject({ reason: 'open to others', mend: expect.stringContaining('of its own') });
    expect(modeOf(path)).toBe(0o777);
  });

  it('is no link', async () => {
    mkdirSync(join(folder, 'elsewhere'), { mode: 0o755 });
    symlinkSync(join(folder, 'elsewhere'), path);
    await expect(privateFolder(path)).rejects.toMatchObject({ name: 'PrivateFileError', reason: 'link' });
    expect(modeOf(join(folder, 'elsewhere'))).toBe(0o755);
  });

  asRoot('is not one of another user, who is named', async () => {
    mkdirSync(path);
    chownSync(path, 65_534, 65_534);
    await expect(privateFolder(path)).rejects.toMatchObject({ reason: 'of another user', mend: expect.stringContaining('65534') });
  });
});
