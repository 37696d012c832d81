import { spawn } from 'node:child_process';
import { installPackages, root, run } from './install.mjs';

/** `npm run demo`: installs and builds what is missing, then shows one access from request to proved revocation. */
installPackages();
console.error('Building the runner …');
run('node', ['tools/build.mjs', 'runtime']);
const demo = spawn(process.execPath, ['--import', 'tsx', 'demo/demo.ts', ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
  // The SDK's notice about Node 20, in the middle of the story.
  env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true', ...process.env },
});
// The demo gets Ctrl-C from the terminal itself and stops what it started; this process only waits for it.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => signal === 'SIGTERM' && demo.kill(signal));
demo.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 1 : 130)));
