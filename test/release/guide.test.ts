import { generateKeyPairSync } from 'node:crypto';
import { copyFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort, startTemporal, stopAll } from '@axiom-runner/local-servers';
import { RELEASE_KEY_FILE, RELEASES_URL } from '../../contract/releases.js';
import { type DownloadSite, serveFolder } from './support/download-site.js';
import { type Ended, ROOT, release, run, temporaryFolder, VERSION } from './support/release-command.js';

/** What the published guide and the pages have users type for an executable. */

let site: DownloadSite;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let environment: NodeJS.ProcessEnv;

beforeAll(async () => {
  folder = await temporaryFolder();
  const temporal = await startTemporal({ namespaces: ['acme'] });
  const published = join(folder.path, 'published');
  const key = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const parts = ['--built', '--only', 'archives,executables'];
  expect(await release(['--dry-run', ...parts, '--output', published], { RELEASE_SIGNING_KEY: key })).toMatchObject({ code: 0 });
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

/** Types commands into a shell; what they download is on loopback, for this machine. */
const type = (cwd: string, commands: string): Promise<Ended> => {
  const address = commands.replaceAll('<releases>', `${RELEASES_URL}/releases`).replaceAll(RELEASES_URL, site.url);
  return run('bash', ['-c', process.arch === 'arm64' ? address.replaceAll('linux_amd64', 'linux_arm64') : address], environment, cwd);
};

/** A shell block of a page: the first under a heading, or the one with that index. */
async function blockUnder(page: string, heading: string, index = 0): Promise<string> {
  const text = await readFile(join(ROOT, 'docs', page), 'utf8');
  const section = text.slice(text.indexOf(`\n## ${heading}\n`));
  const block = [...section.matchAll(/^```sh\n(.*?)^```$/gms)][index]?.[1];
  if (block === undefined) throw new Error(`docs/${page} has no such block under "${heading}"`);
  return block;
}

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

describe('by hand', () => {
  let cwd: string;
  beforeAll(async () => {
    cwd = await home('by-hand');
  });

  it('download the executable, chmod, write .env, start it, as the page has it', async () => {
    const until = `
      RUNNER=$!
      until grep 'Started Axiom Runner' axiom-runner.log; do kill -0 $RUNNER || exit 1; sleep 0.2; done
      kill $RUNNER
      wait $RUNNER`;
    const { code, stdout } = await type(
      cwd,
      (await blockUnder('deploy-binary.md', 'By hand')).replaceAll('wget ', 'wget --quiet ') + until,
    );
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('Namespace = acme | TaskQueue = rg-1 | ') });
  }, 180_000);

  it('its checksum and its signature hold, by the commands of the page', async () => {
    const folderOfIt = join(cwd, 'axiomrunner');
    await copyFile(join(folder.path, 'published/releases/latest', RELEASE_KEY_FILE), join(folderOfIt, RELEASE_KEY_FILE));
    const { code, stdout } = await type(
      folderOfIt,
      (await blockUnder('deploy-binary.md', 'By hand', 1)).replaceAll('wget ', 'wget --quiet '),
    );
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'axiomrunner: OK\nSignature Verified Successfully\n' });
  }, 60_000);

  it('a whole release as well', async () => {
    const { code, stdout } = await type(join(folder.path, 'published/releases/latest'), await blockUnder('releases.md', 'Verify one'));
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/: OK\nSignature Verified Successfully\n$/) });
    expect(stdout).not.toContain('FAILED');
  }, 60_000);
});

it('says what an executable holds: Node, every package in it and their licences, in CycloneDX', async () => {
  const latest = join(folder.path, 'published/releases/latest');
  const executable = 'regular-amd64_linux_amd64_v1/axiomrunner';
  const bom = JSON.parse(await readFile(join(latest, `sbom/${executable}.cdx.json`), 'utf8'));
  const [digest] = (await readFile(join(latest, `${executable}.sha256`), 'utf8')).split(' ');
  expect(bom).toMatchObject({
    specVersion: '1.6',
    metadata: { component: { name: executable, version: VERSION, hashes: [{ alg: 'SHA-256', content: digest }] } },
  });
  const components: { purl: string; licenses: unknown[] }[] = bom.components;
  const names = components.map(({ purl }) => purl.replace(/^pkg:npm\/|@[^@]*$/g, ''));
  expect(names).toEqual(expect.arrayContaining(['node', '%40temporalio/core-bridge', '%40aws-sdk/client-secrets-manager', 'pg', 'zod']));
  expect(components.filter(({ licenses }) => licenses === undefined || licenses.length === 0)).toEqual([]);
  const notices = await readFile(join(latest, 'THIRD-PARTY-NOTICES.txt'), 'utf8');
  for (const name of ['@temporalio/core-bridge', 'pg', 'zod', 'node']) expect(notices).toMatch(new RegExp(`^${name} \\d`, 'm'));
});

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
