import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { fileStore } from '../../src/secrets/file-store.js';
import { errorOf } from './builders.js';

const NAME = 'axiom-security/postgresql/db.example.com';
const SECRET = '{"postgresql_password":"canary"}';

describe('the file store', () => {
  let base: string;
  let folder: string;
  const read = (name = NAME) => fileStore(folder).read(name);
  const refusal = (name?: string) => errorOf(() => read(name));
  function put(path: string, mode = 0o600): void {
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, SECRET);
    chmodSync(path, mode);
  }

  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), 'axiom-test-files-'));
    folder = join(base, 'secrets');
    mkdirSync(folder);
  });
  afterEach(() => rmSync(base, { recursive: true }));

  it('reads a private file, anew each time', async () => {
    put(join(folder, `${NAME}.json`));
    expect(await read()).toEqual({ current: SECRET });
    writeFileSync(join(folder, `${NAME}.json`), '{}');
    expect(await fileStore(folder).readWithPrevious(NAME)).toEqual({ current: '{}' });
  });

  it('may be a folder behind a link, since the user named it', async () => {
    put(join(folder, `${NAME}.json`));
    symlinkSync(folder, join(base, 'link'));
    expect(await fileStore(join(base, 'link')).read(NAME)).toEqual({ current: SECRET });
  });

  it('says what to create when there is no such file', async () => {
    const error = await refusal();
    expect(error).toMatchObject({ code: 'SECRET_NOT_FOUND', object: NAME });
    expect(error.mend).toContain(join(folder, `${NAME}.json`));
  });

  it('finds nothing when the folder is gone or a part of the path is a file', async () => {
    put(join(folder, 'axiom-security'));
    expect(await refusal()).toMatchObject({ code: 'SECRET_NOT_FOUND' });
    rmSync(folder, { recursive: true });
    expect(await refusal()).toMatchObject({ code: 'SECRET_NOT_FOUND' });
  });

  it.each([0o644, 0o640, 0o604, 0o620, 0o601, 0o666])('refuses a file of mode %o', async (mode) => {
    put(join(folder, `${NAME}.json`), mode);
    const error = await refusal();
    expect(error).toMatchObject({ code: 'SECRET_ACCESS_DENIED' });
    expect(error.message).toContain(`mode ${mode.toString(8)}`);
    expect(error.mend).toContain('chmod 600');
  });

  it('refuses a link, to a file or to a folder', async () => {
    put(join(base, 'outside', 'db.example.com.json'));
    mkdirSync(join(folder, 'axiom-security/postgresql'), { recursive: true });
    symlinkSync(join(base, 'outside', 'db.example.com.json'), join(folder, `${NAME}.json`));
    expect(await refusal()).toMatchObject({ code: 'SECRET_ACCESS_DENIED', message: expect.stringContaining('ELOOP') });
    rmSync(join(folder, 'axiom-security/postgresql'), { recursive: true });
    symlinkSync(join(base, 'outside'), join(folder, 'axiom-security/postgresql'));
    expect(await refusal()).toMatchObject({ code: 'SECRET_ACCESS_DENIED', message: expect.stringContaining('ELOOP') });
  });

  it('refuses what is no regular file, and does not wait for a pipe', async () => {
    mkdirSync(join(folder, `${NAME}.json`), { recursive: true });
    expect(await refusal()).toMatchObject({ code: 'SECRET_ACCESS_DENIED' });
    rmSync(join(folder, `${NAME}.json`), { recursive: true });
    execFileSync('mkfifo', ['-m', '600', join(folder, `${NAME}.json`)]);
    expect(await refusal()).toMatchObject({ code: 'SECRET_ACCESS_DENIED' });
  });

  it.each(['../outside', 'axiom-security/../../outside', '../secrets-of-others/one', '/../outside'])(
    'does not leave its folder for %s',
    async (name) => {
      put(join(base, 'outside.json'));
      put(join(base, 'secrets-of-others', 'one.json'));
      expect(await refusal(name)).toMatchObject({ code: 'SECRET_NOT_FOUND' });
    },
  );

  it('takes no NUL in a name', async () => {
    expect(['SECRET_NOT_FOUND', 'SECRET_ACCESS_DENIED']).toContain((await refusal('a\0b')).code);
  });
});
