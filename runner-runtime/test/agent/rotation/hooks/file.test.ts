import { once } from 'node:events';
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
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { planFile } from '../../../../src/agent/rotation/hooks/file.js';
import { aFile } from '../support.js';

const modeOf = (path: string) => (statSync(path).mode & 0o7777).toString(8);
const asRoot = process.getuid?.() === 0 ? it : it.skip;

/** Puts a link to a file in the place of every draft in a folder, as somebody may who may write there. */
async function linking(folder: string, to: string) {
  const counted = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(
    `const { readdirSync, renameSync, symlinkSync } = require('node:fs');
    const { workerData: { folder, to, counted }, parentPort } = require('node:worker_threads');
    const done = new Set();
    parentPort.postMessage('ready');
    for (;;) for (const name of readdirSync(folder)) if (name.endsWith('.tmp') && !done.has(name)) {
      done.add(name);
      const link = folder + '/link-' + done.size;
      try { symlinkSync(to, link); renameSync(link, folder + '/' + name); Atomics.add(counted, 0, 1); } catch {}
    }`,
    { eval: true, workerData: { folder, to, counted } },
  );
  await once(worker, 'message');
  return { links: () => Atomics.load(counted, 0), stop: () => worker.terminate() };
}

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

  it('gives its mode to itself alone, also where somebody puts links in the place of its draft', async () => {
    const other = join(mkdtempSync(join(folder, 'other-')), 'shadow');
    writeFileSync(other, 'of another', { mode: 0o600 });
    const attacker = await linking(folder, other);
    try {
      for (let write = 0; write < 5_000 && attacker.links() < 100 && modeOf(other) === '600'; write += 1) {
        // A write that fails by what the attacker did is as good: the file was not given away.
        await planFile(aFile(path, { mode: 0o644 }), String(write))
          .then(
            (change) => change.write(),
            () => rmSync(path, { force: true }),
          )
          .catch(() => undefined);
      }
      expect(attacker.links()).toBeGreaterThan(0);
      expect(modeOf(other)).toBe('600');
    } finally {
      await attacker.stop();
    }
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

  describe('written by root', () => {
    const [ownFolder, home] = ['conf', 'home/conf'];
    const write = async (name: string) => (await planFile(aFile(join(folder, name, 'db.conf'), { owner: 1_000 }), 'new')).write();

    asRoot('may be in a folder of an application, which cannot turn the way to it elsewhere', async () => {
      chmodSync(folder, 0o755);
      mkdirSync(join(folder, ownFolder));
      chownSync(join(folder, ownFolder), 1_000, 1_000);
      symlinkSync(ownFolder, join(folder, 'link'));
      await write('link');
      expect(statSync(join(folder, ownFolder, 'db.conf')).uid).toBe(1_000);
    });

    asRoot.each([
      ['whose parent is of another user', { uid: 1_000, gid: 1_000, mode: 0o755, own: 0 }],
      ['whose parent a group may write', { uid: 0, gid: 1_000, mode: 0o775, own: 0 }],
      ['of another user in a parent where everybody may write', { uid: 0, gid: 0, mode: 0o1777, own: 1_000 }],
    ])('is refused in a folder %s: a link could take its place', async (_, { uid, gid, mode, own }) => {
      mkdirSync(join(folder, home), { recursive: true });
      chownSync(join(folder, 'home'), uid, gid);
      chmodSync(join(folder, 'home'), mode);
      chownSync(join(folder, home), own, own);
      await expect(write(home)).rejects.toMatchObject({ code: 'FILE_REFUSED', message: expect.stringContaining(join(folder, home)) });
    });

    asRoot('is refused behind a link through such a folder', async () => {
      mkdirSync(join(folder, 'system'));
      mkdirSync(join(folder, 'home'));
      symlinkSync('../system', join(folder, home));
      symlinkSync('home/conf', join(folder, 'link'));
      chownSync(join(folder, 'home'), 1_000, 1_000);
      for (const name of [home, 'link']) await expect(write(name)).rejects.toMatchObject({ code: 'FILE_REFUSED' });
      expect(readdirSync(join(folder, 'system'))).toEqual([]);
    });
  });

  it('needs its folder', async () => {
    await expect(planFile(aFile(join(folder, 'none', 'password')), 'new')).rejects.toMatchObject({
      code: 'FILE_FAILED',
      message: expect.stringContaining('ENOENT'),
    });
  });
});
