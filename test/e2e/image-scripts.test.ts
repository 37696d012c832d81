import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, type ImageRegistry, startImageRegistry, startTemporal, stopAll, type TemporalServer } from '@axiom-runner/local-servers';
import { PUBLISHED_IMAGE } from '../../contract/image.js';
import { serveFolder } from '../release/support/download-site.js';
import { release } from '../release/support/release-command.js';
import { type BuiltImages, builtImages } from './support/built-images.js';
import {
  type ContainerHost,
  type ContainerTool,
  type Ended,
  missingFor,
  runProgram,
  startContainerHost,
} from './support/container-host.js';
import { playSystemd } from './support/played-systemd.js';
import { commandLines } from './support/script-folder.js';

const SCRIPT = fileURLToPath(new URL('../../deploy/docker/axiom-runner-docker.sh', import.meta.url));
const KEY = 'a-key-that-nobody-may-see';

// buildah, which comes with podman's packages, makes the images for both.
const missingBuilder = missingFor('podman');
let registry: ImageRegistry;
let builder: ContainerHost;
let images: BuiltImages;
let temporal: TemporalServer;

beforeAll(async () => {
  if (missingBuilder !== undefined) return;
  registry = await startImageRegistry();
  [builder, temporal] = await Promise.all([startContainerHost('podman', registry.address), startTemporal({ namespaces: ['acme'] })]);
  images = await builtImages(registry.address, builder.environment);
  await publishVersions();
}, 300_000);

afterAll(async () => {
  await images?.dispose();
  await builder?.dispose();
  await stopAll();
}, 120_000);

const image = (tag: string) => `${registry.address}/axiom-runner:${tag}`;

/** Version 1 as the release makes it; 2 that is another image of it; one that ends at once, and one that never gets ready. */
async function publishVersions(): Promise<void> {
  const file = join(images.context, '../axiom-runner.tar');
  expect(await images.archive('amd64', file)).toMatchObject({ code: 0 });
  const loaded =
    (await builder.run('load', '--quiet', '--input', file))
      .split('\n')
      .at(-1)
      ?.replace(/^Loaded image: /, '') ?? '';
  await builder.run('tag', loaded, image('1'));
  await builder.run('push', '--quiet', image('1'));
  await images.derive(image('1'), image('2'), '--label', 'org.opencontainers.image.version=2');
  await images.derive(image('1'), image('ends'), '--entrypoint', '["node", "-e", "process.exit(3)"]');
  await images.derive(
    image('1'),
    image('hangs'),
    '--entrypoint',
    '["node", "-e", "setInterval(() => undefined, 1000); process.on(\\"SIGTERM\\", () => process.exit())"]',
  );
}

describe.each<ContainerTool>(['podman', 'docker'])('axiom-runner-docker.sh with %s', (tool) => {
  const missing = missingBuilder ?? missingFor(tool);
  if (missing !== undefined) {
    it.skip(`skipped, ${missing}`, () => undefined);
    return;
  }

  let host: ContainerHost;
  let folder: string;
  let settings: string[];

  beforeAll(async () => {
    host = await startContainerHost(tool, registry.address);
    folder = await mkdtemp(join(tmpdir(), 'axiom-docker-script-'));
    await cp(SCRIPT, join(folder, 'axiom-runner-docker.sh'));
    await mkdir(join(folder, 'programs'));
    await writeFile(join(folder, 'key.txt'), `${KEY}\n`, { mode: 0o600 });
    const variables = {
      AXIOM_ACTIONS_ADDRESS_AND_PORT: temporal.address,
      AXIOM_TLS: 'off',
      SECRETS_STORE_ENGINE: 'file',
      RUNNER_HEALTH_ADDRESS: `127.0.0.1:${await freePort()}`,
    };
    const named = Object.entries(variables).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
    settings = ['--tenantid', 'acme', '--runnergroupid', 'rg-1', '--apikey-file', join(folder, 'key.txt'), ...named];
  }, 120_000);

  afterAll(async () => {
    await host?.dispose();
    await rm(folder, { recursive: true, force: true });
  }, 120_000);

  /** As a user runs it. */
  const script = (args: readonly string[], more: Readonly<Record<string, string>> = {}): Promise<Ended> =>
    runProgram('bash', [join(folder, 'axiom-runner-docker.sh'), ...args], {
      ...host.environment,
      PATH: `${join(folder, 'programs')}:${process.env['PATH']}`,
      AXIOM_CONTAINER_TOOL: host.program,
      AXIOM_SYSTEMD_FOLDER: folder,
      ...more,
    });
  const status = async () => {
    const { code, output } = await script(['status', '--json']);
    return { code, ...JSON.parse(output) };
  };
  const containerFact = (format: string) => host.run('inspect', '--type', 'container', '--format', format, 'axiom-runner');
  const version = () => containerFact('{{index .Config.Labels "org.opencontainers.image.version"}}');

  it('download, unzip, cd, chmod, start, as the guide has it: the published image runs', async () => {
    const published = join(folder, 'published');
    expect(await release(['--dry-run', '--only', 'archives', '--output', published])).toMatchObject({ code: 0 });
    const site = await serveFolder(published);
    // The published image is out of reach: this version's stands in its place.
    await host.run('pull', '--quiet', image('1'));
    await host.run('tag', image('1'), PUBLISHED_IMAGE);
    const environment = { ...host.environment, PATH: `${process.env['PATH']}`, AXIOM_CONTAINER_TOOL: host.program };
    const type = (commands: string) => runProgram('bash', ['-c', `cd '${folder}' && ${commands}`], environment);
    const control = settings.slice(settings.indexOf('--env')).join(' ');
    const started = await type(
      `wget --quiet ${site.url}/releases/latest/axiom-runner-docker.zip && \\
       unzip -q axiom-runner-docker.zip && \\
       cd axiom-runner-docker && \\
       chmod +x axiom-runner-docker.sh && \\
       ./axiom-runner-docker.sh start --tenantid "acme" --runnergroupid "rg-1" --apikey "${KEY}" ${control}`,
    );
    expect(started).toEqual({ code: 0, output: expect.stringContaining('axiom-runner is running, and ready.') });
    expect(await type('cd axiom-runner-docker && ./axiom-runner-docker.sh stop')).toMatchObject({ code: 0 });
    await host.run('rm', 'axiom-runner');
    await site.stop();
  }, 180_000);

  it('start pulls the image, runs it hardened until it is ready, and hands the key to no command line', async () => {
    expect(await script(['start', ...settings, '--image', image('1')])).toEqual({
      code: 0,
      output: expect.stringContaining('axiom-runner is running, and ready.'),
    });
    expect(await status()).toMatchObject({ code: 0, running: true, ready: true, mode: 'container', image: image('1') });
    expect(await commandLines()).not.toContain(KEY);
    const process = await readFile(`/proc/${await containerFact('{{.State.Pid}}')}/status`, 'utf8');
    expect(process).toMatch(/^Uid:\t65532\t/m);
    expect(process).toMatch(/^CapBnd:\t0+$/m);
    expect(process).toMatch(/^NoNewPrivs:\t1$/m);
    expect(await containerFact('{{.HostConfig.ReadonlyRootfs}}')).toBe('true');
  }, 120_000);

  it('start again leaves it alone, and refuses other settings', async () => {
    const id = await containerFact('{{.Id}}');
    expect(await script(['start', ...settings])).toMatchObject({ code: 0, output: expect.stringContaining('already running') });
    expect(await script(['start', '--env', 'RUNNER_LOG_LEVEL=debug'])).toMatchObject({ code: 1 });
    expect(await containerFact('{{.Id}}')).toBe(id);
  }, 60_000);

  it('logs shows what it wrote, without the key', async () => {
    const { code, output } = await script(['logs', '--lines', '500']);
    expect([code, output]).toEqual([0, expect.stringContaining('Started Axiom Runner Namespace = acme | TaskQueue = rg-1 | ')]);
    expect(output).not.toContain(KEY);
  });

  it('update starts another version in its place and keeps the settings', async () => {
    const before = await readFile(join(folder, '.env'), 'utf8');
    expect(await script(['update'])).toEqual({ code: 0, output: expect.stringContaining('is what you have') });
    expect(await script(['update', '--version', '2'])).toEqual({
      code: 0,
      output: expect.stringContaining('axiom-runner:2 is running. The image before it: '),
    });
    expect(await version()).toBe('2');
    expect(await status()).toMatchObject({ ready: true, image: image('2') });
    expect(await readFile(join(folder, '.env'), 'utf8')).toBe(before);
  }, 120_000);

  it.each<readonly [string, string]>([
    ['ends at once', 'ends'],
    // Once is enough: it takes as long as the script waits.
    ...(tool === 'podman' ? [['never gets ready', 'hangs'] as const] : []),
  ])(
    'update goes back to the image before when the new one %s',
    async (_, tag) => {
      const { code, output } = await script(['update', '--version', tag], { AXIOM_READY_SECONDS: '20' });
      expect([code, output]).toEqual([1, expect.stringContaining('the old one is back and running')]);
      expect(await version()).toBe('2');
      expect(await status()).toMatchObject({ code: 0, ready: true, image: image('2') });
    },
    180_000,
  );

  it('update changes nothing when there is no such version', async () => {
    const id = await containerFact('{{.Id}}');
    expect(await script(['update', '--version', '9.9.9'])).toMatchObject({
      code: 69,
      output: expect.stringContaining('nothing was changed'),
    });
    expect(await containerFact('{{.Id}}')).toBe(id);
  }, 60_000);

  it('stop lets it drain, and a stopped one stays stopped', async () => {
    expect(await script(['stop'])).toMatchObject({ code: 0, output: expect.stringContaining('axiom-runner is stopped.') });
    expect(await containerFact('{{.State.ExitCode}}')).toBe('0');
    expect(await status()).toMatchObject({ code: 69, running: false });
    expect(await script(['update', '--version', '1'])).toMatchObject({
      code: 0,
      output: expect.stringContaining('in place for the next start'),
    });
    expect(await status()).toMatchObject({ code: 69, running: false });
    expect(await script(['stop'])).toMatchObject({ code: 0, output: expect.stringContaining('axiom-runner is not running.') });
  }, 120_000);

  it('start with faulty settings says what is wrong and leaves nothing running', async () => {
    const { code, output } = await script(['start', '--env', 'AXIOM_TLS=perhaps']);
    expect([code, output]).toEqual([78, expect.stringContaining('Write on or off.')]);
    expect(await status()).toMatchObject({ code: 69 });
  }, 60_000);

  it('register runs it as a service, update and deregister change and end that', async () => {
    await playSystemd(join(folder, 'programs'), folder);
    expect(await script(['register', ...settings, '--image', image('1')])).toEqual({
      code: 0,
      output: expect.stringContaining('registered, and ready'),
    });
    expect(await status()).toMatchObject({ code: 0, ready: true, mode: 'service', registered: true });
    expect(await readFile(join(folder, 'axiom-runner.service'), 'utf8')).not.toContain(KEY);
    expect(await script(['logs'])).toMatchObject({ code: 0, output: expect.stringContaining('Started Axiom Runner') });

    expect(await script(['update', '--version', '2'])).toMatchObject({ code: 0 });
    expect(await version()).toBe('2');
    const failed = await script(['update', '--version', 'ends'], { AXIOM_READY_SECONDS: '30' });
    expect([failed.code, failed.output]).toEqual([1, expect.stringContaining('the old one is back and running')]);
    expect(await status()).toMatchObject({ ready: true, mode: 'service', image: image('2') });

    expect(await script(['deregister'])).toMatchObject({ code: 0, output: expect.stringContaining('no longer registered') });
    expect(await status()).toMatchObject({ code: 69, running: false, registered: false });
    const calls = (await readFile(join(folder, 'systemctl.calls'), 'utf8')).split('\n');
    expect(calls).toEqual(
      expect.arrayContaining(['daemon-reload', 'enable --quiet axiom-runner', 'restart axiom-runner', 'stop axiom-runner']),
    );
  }, 240_000);

  if (tool === 'docker') {
    it.each([
      ['BuildKit', '1'],
      ['its old builder', '0'],
    ])(
      'builds the image with %s',
      async (_, DOCKER_BUILDKIT) => {
        const args = [
          'build',
          '--quiet',
          '--build-arg',
          'TARGETARCH=amd64',
          ...(await images.bases('amd64')),
          '--tag',
          `built:${DOCKER_BUILDKIT}`,
        ];
        const { code } = await runProgram(host.program, [...args, images.context], { ...host.environment, DOCKER_BUILDKIT });
        expect(code).toBe(0);
        expect(await host.run('run', '--rm', '--network', 'none', '--read-only', `built:${DOCKER_BUILDKIT}`, 'version')).toMatch(
          /^axiomrunner \d/,
        );
        expect(await host.run('inspect', '--format', '{{if .Config.Healthcheck}}yes{{end}}', `built:${DOCKER_BUILDKIT}`)).toBe('yes');
      },
      180_000,
    );
  }
});
