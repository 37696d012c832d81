import { ended, succeeded } from './commands.js';

/** Whether npm gets packages here. Tests that install some are skipped where it does not. */
export const REGISTRY_ANSWERS =
  (await ended('npm', ['view', 'constructs', 'name', '--fetch-retries=0', '--fetch-timeout=20000'])).code === 0;

/** What a test is called that is skipped without a registry. */
export const NO_REGISTRY = REGISTRY_ANSWERS ? '' : ' (skipped: npm reaches no registry; set the "registry" of npm)';

/** The newest version of a package in a range, by the registry. */
export async function newestVersion(name: string, range: string): Promise<string> {
  const found: unknown = JSON.parse(await succeeded('npm', ['view', `${name}@${range}`, 'version', '--json']));
  const versions = [found].flat().map(String);
  const newest = versions.sort((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1);
  if (newest === undefined) throw new Error(`the registry has no ${name} in ${range}`);
  return newest;
}

/** Installs packages, `name@version` or paths of tarballs, into a folder that has a package.json. */
export async function install(folder: string, ...packages: readonly string[]): Promise<void> {
  await succeeded('npm', ['install', '--save-exact', '--no-audit', '--no-fund', '--prefer-offline', ...packages], { cwd: folder });
}
