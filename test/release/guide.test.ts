import { spawn } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort, startTemporal, stopAll } from '@axiom-runner/local-servers';
import { type DownloadSite, serveFolder } from './support/download-site.js';
import { type Ended, release, run, temporaryFolder, VERSION } from './support/release-command.js';

/** What the published guide has users type for an executable; the address is that of a server on loopback. */

let site: DownloadSite;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let environment: NodeJS.ProcessEnv;

beforeAll(async () => {
  folder = await temporaryFolder();
  const temporal = await startTemporal({ namespaces: ['acme'] });
  const published = join(folder.path, 'published');
  expect(await release(['--dry-run', '--built', '--only', 'archives,executables', '--output', published])).toMatchObject({ code: 0 });
  site = await serveFolder(published);
  environment = {
    AXIOM_RELEASES_URL: site.url,
    // A host of the guide reaches the real control plane. A variable of the environment is above the file.
    AXIOM_ACTIONS_ADDRESS_AND_PORT: temporal.address,
    AXIOM_TLS: 'off',
    SECRETS_STORE_ENGINE: 'file',
    RUNNER_HEALTH_ADDRESS: `127.0.0.1:${await freePort()}`,
  };
}, 300_000);

afterAll(async () => {
  await site?.stop();
  await stopAll();
  await folder.dispose();
}, 60_000);

/** A folder of its own for each user. */
async function home(name: string): Promise<string> {
  const path = join(folder.path, name);
  await mkdir(path);
  return path;
}

/** Types commands into a shell. */
const type = (cwd: string, commands: string): Promise<Ended> =>
  run('bash', ['-c', commands.replaceAll('<releases>', `${site.url}/releases`)], environment, cwd);

it('download, unzip, cd, chmod, start: the script fetches the executable, which gets ready', async () => {
  const cwd = await home('script');
  try {
    const started = await type(
      cwd,
      `wget --quiet <releases>/latest/axiom-runner-binary.zip && \\
       unzip axiom-runner-binary.zip && \\
       cd axiom-runner-binary && \\
       chmod +x axiom-runner.sh && \\
       ./axiom-runner.sh start --tenantid "acme" --runnergroupid "rg-1" --apikey "key-of-the-group"`,
    );
    expect(started).toMatchObject({ code: 0, stdout: expect.stringContaining('and ready') });
    expect(await readFile(join(cwd, 'axiom-runner-binary/axiom-runner.log'), 'utf8')).toContain(
      'Started Axiom Runner Namespace = acme | TaskQueue = rg-1 | WorkerID = ',
    );
  } finally {
    await type(join(cwd, 'axiom-runner-binary'), './axiom-runner.sh stop');
  }
}, 180_000);

it('download the executable, chmod, write .env, start it', async () => {
  const cwd = await home('executable');
  const machine = process.arch === 'x64' ? 'amd64' : 'arm64';
  const downloaded = await type(
    cwd,
    `wget --quiet <releases>/latest/regular-amd64_linux_${machine}_v1/axiomrunner
     chmod +x axiomrunner`,
  );
  expect(downloaded.code).toBe(0);
  await writeFile(join(cwd, '.env'), 'TENANT_ID=acme\nRUNNER_GROUP_ID=rg-2\nRUNNER_API_KEY=your-key-of-the-group\n', { mode: 0o600 });
  const runner = spawn('./axiomrunner', ['--env-file', '.env'], {
    cwd,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => runner.once('close', resolve));
  for await (const line of createInterface({ input: runner.stdout })) {
    if (!line.includes('"message":"Started Axiom Runner')) continue;
    expect(line).toContain('Namespace = acme | TaskQueue = rg-2 | ');
    runner.kill('SIGTERM');
  }
  expect(await ended).toBe(0);
}, 180_000);

it('a version is downloaded by its number, with a checksum that sha256sum takes', async () => {
  const cwd = await home('version');
  for (const machine of ['amd64', 'arm64']) {
    const address = `<releases>/${VERSION}/regular-amd64_linux_${machine}_v1/axiomrunner`;
    const { code } = await type(
      cwd,
      `wget --quiet -O axiomrunner ${address} && wget --quiet -O sum ${address}.sha256 && sha256sum --check --strict sum`,
    );
    expect(code).toBe(0);
  }
}, 60_000);
