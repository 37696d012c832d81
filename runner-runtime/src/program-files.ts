import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getRawAsset, isSea } from 'node:sea';
import { Worker } from 'node:worker_threads';

/**
 * Files of the program that are no modules: beside its bundles, or inside the single executable. The bundler hands the engine's and other
 * packages' own ways to them here.
 */

/** Folder of the bundles, set at the head of each by build.mjs. */
declare const programFolder: string;

/** @param name its path in the folder of the bundles. @returns its bytes, which must not be written to */
export function readProgramFile(name: string): Buffer {
  // Types of older versions let it be a text, which it never is.
  return isSea() ? Buffer.from(getRawAsset(name) as ArrayBuffer) : readFileSync(join(programFolder, name));
}

/** Runs a bundle as a thread. */
export function startProgramThread(name: string): Worker {
  if (!isSea()) return new Worker(join(programFolder, name));
  return new Worker(`${readProgramFile(name).toString('utf8')}\n//# sourceURL=${join(programFolder, name)}`, { eval: true });
}

/** The engine's native core cannot be loaded on this host. */
export class NativeCoreError extends Error {
  override readonly name = 'NativeCoreError';
}

/**
 * Loads the engine's native core.
 * @returns its exports
 * @throws {NativeCoreError}
 */
export function loadNativeCore(): unknown {
  const name = `native/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}.node`;
  if (isSea()) return loadUnpacked(name);
  try {
    return load(join(programFolder, name));
  } catch (error) {
    throw new NativeCoreError(
      `the native part of this program cannot be loaded on ${process.platform} ${process.arch}: ${reasonOf(error)}. The runner needs Linux with glibc 2.28 or newer on x86_64 or arm64; the secret agent ("axiomrunner agent") works without it.`,
    );
  }
}

const reasonOf = (error: unknown) => (error instanceof Error ? error.message : 'unknown');

/** The system loads libraries from files only: it is written to a folder that nobody else may enter, and removed as soon as it is loaded. */
function loadUnpacked(name: string): unknown {
  const parent = tmpdir();
  let folder: string | undefined;
  try {
    folder = mkdtempSync(join(parent, 'axiomrunner-'));
    chmodSync(folder, 0o700);
    const path = join(folder, 'core.node');
    writeFileSync(path, readProgramFile(name), { mode: 0o500, flag: 'wx' });
    return load(path);
  } catch (error) {
    const reason = reasonOf(error).replaceAll(`${folder}`, parent);
    throw new NativeCoreError(
      `the native part of this program cannot be loaded from ${parent}: ${reason}. It needs a folder that may hold programs (not mounted noexec) with 40 MB free: name one in the environment variable TMPDIR.`,
    );
  } finally {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  }
}

function load(path: string): unknown {
  const loaded = { exports: {} };
  process.dlopen(loaded, path);
  return loaded.exports;
}
