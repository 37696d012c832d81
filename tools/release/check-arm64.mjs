import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Starts an executable for arm64, on x64 under qemu's emulation of single programs: version, a runner without its control plane with its
 * health, doctor, and the secret agent under its second name. Once per release: emulation is slow.
 *
 *     node tools/release/check-arm64.mjs <file>
 *
 * Debian: qemu-user-static libc6-arm64-cross libstdc++6-arm64-cross libgcc-s1-arm64-cross.
 */
const SYSROOT = '/usr/aarch64-linux-gnu';
const PATIENCE_MS = 180_000;

const [file] = process.argv.slice(2);
if (file === undefined) end(64, 'name the executable: node tools/release/check-arm64.mjs <file>');
const emulator = process.arch === 'arm64' ? [] : ['qemu-aarch64-static', '-0'];
if (emulator.length > 0 && spawnSync(emulator[0], ['--version']).status !== 0) {
  end(69, 'there is no qemu-aarch64-static. Install qemu-user-static libc6-arm64-cross libstdc++6-arm64-cross libgcc-s1-arm64-cross.');
}

const folder = mkdtempSync(join(tmpdir(), 'axiom-arm64-'));
const environment = {
  PATH: process.env.PATH,
  QEMU_LD_PREFIX: SYSROOT,
  TENANT_ID: 'acme',
  RUNNER_GROUP_ID: 'rg-1',
  RUNNER_API_KEY: 'key-of-the-group',
  AXIOM_ACTIONS_ADDRESS_AND_PORT: '127.0.0.1:1',
  AXIOM_TLS: 'off',
  SECRETS_STORE_ENGINE: 'file',
  SECRETS_STORE_FOLDER: folder,
  RUNNER_HEALTH_ADDRESS: '127.0.0.1:18786',
};
const running = [];
try {
  const version = run(['version', '--json']);
  expect('version', version, 0, '"executable":true');
  expect('a missing env file', run(['--env-file', '/nowhere/.env']), 78, '/nowhere/.env cannot be read');
  expect('doctor, with the native core', run(['doctor']), 1, 'control plane');
  const runner = await started([], 'CONTROL_PLANE_UNREACHABLE');
  expect('health of a runner', run(['health', '--alive']), 0, '"alive":true');
  await stopped('the runner', runner);

  const config = join(folder, 'agent.yaml');
  const settings = [
    'listen:',
    "  address: '127.0.0.1:0'",
    `state: ${folder}/state`,
    'vault:',
    '  type: aws-secrets-manager',
    '  region: eu-central-1',
  ];
  writeFileSync(config, `${settings.join('\n')}\n`, { mode: 0o600 });
  const segura = join(folder, 'segura-agent');
  symlinkSync(file, segura);
  const agent = await started(['--config', config], 'Started Axiom secret agent', segura);
  await stopped('the agent', agent);
  console.log(`${file} works: ${version.output.trim()}`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  for (const child of running) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
}

function command(args, name = file) {
  return emulator.length === 0 ? [name, args] : [emulator[0], [emulator[1], name, file, ...args]];
}

function run(args) {
  const [program, all] = command(args);
  const { status, stdout, stderr } = spawnSync(program, all, { env: environment, encoding: 'utf8', timeout: PATIENCE_MS });
  return { status, output: stdout + stderr };
}

function expect(what, { status, output }, code, text) {
  if (status !== code || !output.includes(text)) throw new Error(`${what}: exit code ${status}, not ${code}, or no "${text}":\n${output}`);
  console.log(`ok: ${what}`);
}

/** Starts what goes on running, and waits until it says something. */
function started(args, words, name) {
  const [program, all] = command(args, name);
  const child = spawn(program, all, { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  running.push(child);
  return new Promise((resolve, reject) => {
    let output = '';
    const late = setTimeout(() => reject(new Error(`no "${words}" within ${PATIENCE_MS} ms:\n${output}`)), PATIENCE_MS);
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
        if (!output.includes(words)) return;
        clearTimeout(late);
        resolve(child);
      });
    }
    child.once('close', (code) => reject(new Error(`it ended with ${code} before "${words}":\n${output}`)));
  });
}

function stopped(what, child) {
  child.kill('SIGTERM');
  return new Promise((resolve, reject) => {
    child.once('close', (code) =>
      code === 0 ? resolve(console.log(`ok: start and stop of ${what}`)) : reject(new Error(`${what} ended with ${code}`)),
    );
  });
}

function end(code, message) {
  console.error(message);
  process.exit(code);
}
