import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { IConstruct } from 'constructs';
import { invalidSetting } from '../checks/setting-check';

const PACKAGE = '@axiom-runner/runtime';

/**
 * Folder of the npm package with the runtime, which is installed beside this library by whoever deploys it from here: bundles in `dist`,
 * and a `Dockerfile`.
 * @param setting name of the property that chose it: errors name it
 */
export function runtimePackageFolder(scope: IConstruct, setting: string, searched: readonly string[] = [process.cwd(), __dirname]): string {
  const allowed = `the npm package ${PACKAGE}, installed and built beside this library`;
  const folder = installedFolder(searched);
  if (folder === undefined) {
    throw invalidSetting(scope, setting, 'not to be found', allowed, `Run "npm install ${PACKAGE}".`);
  }
  if (!existsSync(join(folder, 'dist', 'axiomrunner.cjs'))) {
    throw invalidSetting(scope, setting, 'without its bundles', allowed, 'Run "npm run build -- runtime" in its repository.');
  }
  return folder;
}

function installedFolder(searched: readonly string[]): string | undefined {
  try {
    return dirname(require.resolve(`${PACKAGE}/package.json`, { paths: [...searched] }));
  } catch {
    return undefined;
  }
}
