import { cp, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { APPS, LIBRARY, ROOT, run, WITHOUT_VALIDATION } from './programs.js';

/** Maven's local repository, which the build of the library has filled: what a build needs is downloaded once per user. */
async function localRepository(): Promise<string> {
  const tool = pathToFileURL(join(ROOT, 'tools/release/languages/java.mjs')).href;
  const script = `import { register } from 'tsx/esm/api'; register();
    const { localRepository } = await import(${JSON.stringify(tool)}); process.stdout.write(await localRepository());`;
  return run(process.execPath, ['--input-type=module', '--eval', script], ROOT);
}

/** Builds the app in Java with the library from a Maven repository, and runs it. */
export async function runMavenApp(folder: string, repository: string, ...args: string[]): Promise<void> {
  const app = join(folder, 'app');
  const local = await localRepository();
  const library = join(local, 'com/example/axiomrunner');
  await cp(join(APPS, 'java'), app, { recursive: true });
  // Maven would take the library of an earlier run from there.
  await rm(library, { recursive: true, force: true });
  try {
    const properties = [
      `-Dmaven.repo.local=${local}`,
      `-Daxiom-runner.repository=${pathToFileURL(repository)}`,
      `-Daxiom-runner.version=${LIBRARY.version}`,
      `-Dexec.args=${args.join(' ')}`,
    ];
    await run('mvn', ['--batch-mode', '--quiet', ...properties, 'compile', 'exec:java'], app, WITHOUT_VALIDATION);
  } finally {
    await rm(library, { recursive: true, force: true });
  }
}

/** Text of the library's POM in a Maven repository. */
export async function pomIn(repository: string): Promise<string> {
  const path = (await readdir(repository, { recursive: true })).find((file) => /axiom-runner-[^/]*\.pom$/.test(file));
  return readFile(join(repository, path ?? 'no POM'), 'utf8');
}
