import { spawnSync } from 'node:child_process';
import { installPackages, root } from './install.mjs';

/** `npm run release`: see tools/release/command.mjs, which needs the packages and TypeScript. */
installPackages();
// The times in zip archives are local ones.
const env = { ...process.env, TZ: 'UTC' };
const { status } = spawnSync(process.execPath, ['--import', 'tsx', 'tools/release/command.mjs', ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
  env,
});
process.exit(status ?? 1);
