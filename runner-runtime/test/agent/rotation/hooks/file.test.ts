import {
  chmodSync,
  chownSync,
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
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { planFile } from '../../../../src/agent/rotation/hooks/file.js';
import { aFile } from '../support.js';

const modeOf = (path: string) => (statSync(path).mode & 0o7777).toString(8);
const asRoot = process.getuid?.() === 0 ? it : it.skip;

describe('the file of a hook', () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'axiom-hook-'));
    path = join(folder, 'password');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is written with its mode, and nothing is left beside it', async () => {
    const change = await planFile(aFile(path, { mode: 0o640 }), 'new');
    expect(change.differs).toBe(true);
    await change.write();
    expect(readFileSync(path, 'utf8')).toBe('new');
    expect(modeOf(path)).toBe('640');
    expect(readdirSync(folder)).toEqual(['password']);
  });

  it('is replaced as a whole: who has the old one open keeps reading it', async () => {
    writeFileSync(path, 'old');
    const before = statSync(path).ino;
    await (await planFile(aFile(path), 'new')).write();
    expect(statSync(path).ino).not.toBe(before);
  });

  it('stays as it is when its text is the same, but for a mode that is too open', async () => {
    writeFileSync(path, 'same');
    chmodSync(path, 0o600);
    const { ino } = statSync(path);
    const same = await planFile(aFile(path), 'same');
    expect(same.differs).toBe(false);
    await same.write();
    expect(statSync(path).ino).toBe(ino);
    chmodSync(path, 0o644);
    await (await planFile(aFile(path), 'same')).write();
    expect(modeOf(path)).toBe('600');
  });

  it('goes back to its old text and mode', async () => {
    writeFileSync(path, 'old');
    chmodSync(path, 0o444);
    const change = await planFile(aFile(path), 'new');
    await change.write();
    await change.rollBack();
    expect(readFileSync(path, 'utf8')).toBe('old');
    expect(modeOf(path)).toBe('444');
  });

  it('is gone after going back when it was new', async () => {
    const change = await planFile(aFile(path), 'new');
    await change.write();
    await change.rollBack();
    expect(readdirSync(folder)).toEqual([]);
  });

  asRoot('is given to its owner and group, and back', async () => {
    writeFileSync(path, 'old');
    chownSync(path, 1, 2);
    const change = await planFile(aFile(path, { owner: 3, group: 4 }), 'new');
    await change.write();
    expect(statSync(path)).toMatchObject({ uid: 3, gid: 4 });
    await change.rollBack();
    expect(statSync(path)).toMatchObject({ uid: 1, gid: 2 });
  });

  it('is refused as a link, dangling or not', async () => {
    symlinkSync(join(folder, 'elsewhere'), path);
    await expect(planFile(aFile(path), 'new')).rejects.toMatchObject({ code: 'FILE_REFUSED', message: `${path} is a symbolic link.` });
    writeFileSync(join(folder, 'elsewhere'), 'theirs');
    await expect(planFile(aFile(path), 'new')).rejects.toMatchObject({ code: 'FILE_REFUSED' });
  });

  it('is refused where there is no file but something else', async () => {
    mkdirSync(path);
    await expect(planFile(aFile(path), 'new')).rejects.toMatchObject({ code: 'FILE_REFUSED', message: `${path} is no regular file.` });
  });

  it('is refused in a folder where everybody may replace it, unless that has the sticky bit', async () => {
    chmodSync(folder, 0o777);
    await expect(planFile(aFile(path), 'new')).rejects.toMatchObject({ code: 'FILE_REFUSED', mend: `chmod o-w '${folder}'` });
    chmodSync(folder, 0o1777);
    await expect(planFile(aFile(path), 'new')).resolves.toMatchObject({ differs: true });
  });

  it('needs its folder', async () => {
    await expect(planFile(aFile(join(folder, 'none', 'password')), 'new')).rejects.toMatchObject({
      code: 'FILE_FAILED',
      message: expect.stringContaining('ENOENT'),
    });
  });
});
