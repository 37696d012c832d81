import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { runnerBundle, runnerExecutable } from '@axiom-runner/local-servers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { compareVersions, glibcOf, withoutSymbols } from '../../executable/elf.mjs';

const BUILD = fileURLToPath(new URL('../../executable/build.mjs', import.meta.url));
const PROMISED_GLIBC = '2.28';
const hasObjdump = spawnSync('objdump', ['--version']).status === 0;

let folder: string;
let executable: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'axiom-executable-build-'));
  executable = await runnerExecutable();
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const build = (...args: string[]) => promisify(execFile)(process.execPath, [BUILD, ...args]);

describe('the build', () => {
  it('gives the same bytes for the same bundles, wherever they lie', async () => {
    const elsewhere = join(folder, 'bundles');
    cpSync(dirname(runnerBundle()), elsewhere, { recursive: true });
    const again = join(folder, 'again');
    await build('--dist', elsewhere, '--output', again);
    expect(sumOf(again)).toBe(sumOf(executable));
  }, 120_000);

  it.each([
    ['an architecture that there is none for', ['--arch', 'riscv64'], /Allowed: x64, arm64/],
    ['a folder without bundles', ['--dist', '/nowhere'], /holds no bundles: run npm run build -- runtime/],
  ])('refuses %s, and writes nothing', async (_, args, message) => {
    const output = join(folder, 'refused');
    await expect(build(...args, '--output', output)).rejects.toMatchObject({ stderr: expect.stringMatching(message) });
    expect(existsSync(output)).toBe(false);
  });
});

describe('the executable', () => {
  const core = () => join(dirname(runnerBundle()), `native/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}.node`);

  it(`runs with glibc ${PROMISED_GLIBC}, and so does the native core in it`, () => {
    for (const file of [executable, core()]) expect(compareVersions(glibcOf(readFileSync(file)), PROMISED_GLIBC)).toBeLessThanOrEqual(0);
  });

  (hasObjdump ? it : it.skip)(
    `asks for no newer glibc than binutils find${hasObjdump ? '' : ' (needs objdump: install binutils)'}`,
    () => {
      for (const file of [executable, core()]) {
        const { stdout } = spawnSync('objdump', ['-T', file], { encoding: 'utf8', maxBuffer: 256 * 1024 * 1024 });
        const versions = [...stdout.matchAll(/\(?GLIBC_([\d.]+)\)?/g)].map(([, version = '']) => version);
        expect(versions.length).toBeGreaterThan(0);
        expect(glibcOf(readFileSync(file))).toBe(versions.sort(compareVersions).at(-1));
      }
    },
    60_000,
  );

  it('holds nothing for debuggers', () => {
    const file = readFileSync(executable);
    expect(withoutSymbols(file).length).toBe(file.length);
  });

  it('is known by the path it is called by', () => {
    const name = join(folder, 'segura-agent');
    symlinkSync(executable, name);
    const { status, stdout } = spawnSync(name, ['--help'], { encoding: 'utf8' });
    expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringContaining('the local secret agent') });
  });
});

function sumOf(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}
