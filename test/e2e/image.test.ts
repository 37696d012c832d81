import { chmod, chown, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  createGroup,
  createHome,
  type Home,
  type Link,
  openLink,
  type ResultsServer,
  serveResults,
  startTask,
  waitForStage,
} from '@axiom-runner/control-plane';
import {
  freePort,
  type PostgresServer,
  startAwsEmulator,
  startImageRegistry,
  startPostgres,
  startTemporal,
  stopAll,
} from '@axiom-runner/local-servers';
import { ALIVE_COMMAND, READY_COMMAND, RUNNER_USER } from '../../contract/image.js';
import { type BuiltImages, builtImages } from './support/built-images.js';
import { type ContainerHost, type Ended, missingFor, startContainerHost } from './support/container-host.js';
import { type ImageArchive, openArchive } from './support/image-archive.js';

const missing = missingFor('podman');
const IMAGE = 'localhost/axiom-runner:1';
/** What the docs tell to give by hand, and a limit of memory. */
const HARDENED = [
  ...['--network', 'host', '--read-only', '--tmpfs', '/tmp:rw,exec,nosuid,nodev,size=256m', '--cap-drop', 'ALL'],
  ...['--security-opt', 'no-new-privileges', '--ulimit', 'core=0', '--stop-timeout', '120', '--memory', '256m'],
];

describe(`the container image${missing === undefined ? '' : `: skipped, ${missing}`}`, () => {
  if (missing !== undefined) {
    it.skip(missing, () => undefined);
    return;
  }

  let folder: string;
  let host: ContainerHost;
  let images: BuiltImages;
  let archive: ImageArchive;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'axiom-image-test-'));
    const registry = await startImageRegistry();
    host = await startContainerHost('podman', registry.address);
    images = await builtImages(registry.address, host.environment);
    expect(await images.archive('amd64', join(folder, 'amd64.tar'))).toMatchObject({ code: 0 });
    archive = await openArchive(join(folder, 'amd64.tar'));
    const loaded = await host.run('load', '--quiet', '--input', join(folder, 'amd64.tar'));
    await host.run(
      'tag',
      loaded
        .split('\n')
        .at(-1)
        ?.replace(/^Loaded image: /, '') ?? '',
      IMAGE,
    );
  }, 300_000);

  afterAll(async () => {
    await host?.dispose();
    await images?.dispose();
    await archive?.dispose();
    await stopAll();
    await rm(folder, { recursive: true, force: true });
  }, 120_000);

  const inContainer = (...args: string[]): Promise<Ended> => host.try('run', '--rm', ...HARDENED, ...args);

  describe('what is in it', () => {
    it('is node and the program on a base: no shell, no other program, nothing with more rights than who starts it', () => {
      const programs = archive.entries.filter(({ path, mode }) => mode.startsWith('-') && /x/.test(mode) && !/\.so(\.|$)/.test(path));
      expect(programs.map(({ path }) => path).sort()).toEqual([
        'opt/axiomrunner/axiomrunner',
        'opt/axiomrunner/axiomrunner.cjs',
        'opt/axiomrunner/segura-agent',
        'usr/local/bin/node',
      ]);
      expect(archive.entries.filter(({ mode }) => /[sS]/.test(mode))).toEqual([]);
    });

    it('can be read by its user and written by nobody but in three folders', () => {
      const mine = archive.entries.filter(({ owner }) => owner !== '0/0');
      expect(mine.map(({ path, owner }) => `${path} ${owner}`)).toEqual(
        [
          `var/lib/axiomrunner ${RUNNER_USER}/${RUNNER_USER}`,
          `var/lib/axiomrunner/.keep ${RUNNER_USER}/${RUNNER_USER}`,
          `run/axiomrunner ${RUNNER_USER}/${RUNNER_USER}`,
          `run/axiomrunner/.keep ${RUNNER_USER}/${RUNNER_USER}`,
        ].sort((a, b) => mine.findIndex(({ path }) => a.startsWith(`${path} `)) - mine.findIndex(({ path }) => b.startsWith(`${path} `))),
      );
      const others = archive.entries.filter(({ mode }) => !mode.startsWith('l'));
      expect(others.filter(({ mode }) => mode[8] === 'w').map(({ path }) => path)).toEqual(['tmp']);
      expect(others.filter(({ mode }) => mode[7] !== 'r')).toEqual([]);
    });

    it('has the native core of its own processors only, and the licences', () => {
      const paths = archive.entries.map(({ path }) => path);
      expect(paths.filter((path) => path.endsWith('.node'))).toEqual(['opt/axiomrunner/native/x86_64.node']);
      expect(paths).toEqual(
        expect.arrayContaining(['opt/axiomrunner/LICENSE', 'opt/axiomrunner/runner.cjs.LEGAL.txt', 'usr/share/doc/nodejs/copyright']),
      );
    });

    it('weighs at most 70 MB packed and 200 MB unpacked', () => {
      expect(archive.packedBytes).toBeLessThan(70e6);
      expect(archive.entries.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(200e6);
    });

    it('says what it is and how it is run', async () => {
      const { config, architecture } = archive.config;
      expect(architecture).toBe('amd64');
      expect(config).toMatchObject({
        User: `${RUNNER_USER}:${RUNNER_USER}`,
        Entrypoint: ['node', '--', '/opt/axiomrunner/axiomrunner.cjs'],
        StopSignal: 'SIGTERM',
        Volumes: { '/tmp': {}, '/var/lib/axiomrunner': {}, '/run/axiomrunner': {} },
        Healthcheck: { Test: ['CMD', 'node', '--', '/opt/axiomrunner/axiomrunner.cjs', 'health'] },
      });
      expect(config.Labels).toMatchObject({
        'org.opencontainers.image.title': 'Axiom Runner',
        'org.opencontainers.image.version': expect.stringMatching(/^\d+\.\d+\.\d+/),
        'org.opencontainers.image.revision': expect.stringMatching(/^([0-9a-f]{40}|unknown)$/),
        'org.opencontainers.image.created': expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
        'org.opencontainers.image.base.name': expect.stringMatching(/\/base:amd64$/),
      });
    });
  });

  describe('the command that makes it', () => {
    it('makes the same bytes of the same files, whenever and wherever they were written', async () => {
      const elsewhere = join(folder, 'elsewhere');
      await cp(images.context, elsewhere, { recursive: true });
      expect(await images.archive('amd64', join(folder, 'again.tar'), elsewhere)).toMatchObject({ code: 0 });
      const [first, second] = await Promise.all(['amd64', 'again'].map((name) => readFile(join(folder, `${name}.tar`))));
      expect(first?.equals(second ?? Buffer.of())).toBe(true);
    }, 120_000);

    it('makes one for arm64, with node and the native core of arm64', async () => {
      expect(await images.archive('arm64', join(folder, 'arm64.tar'))).toMatchObject({ code: 0 });
      const arm = await openArchive(join(folder, 'arm64.tar'));
      try {
        expect(arm.config.architecture).toBe('arm64');
        const cores = arm.entries.filter(({ path }) => path.endsWith('.node')).map(({ path }) => path);
        expect(cores).toEqual(['opt/axiomrunner/native/aarch64.node']);
        for (const path of [...cores, 'usr/local/bin/node']) expect(await machineOf(arm, path)).toBe('arm64');
        expect(await machineOf(archive, 'usr/local/bin/node')).toBe('amd64');
      } finally {
        await arm.dispose();
      }
    }, 180_000);
  });

  describe('in a hardened container', () => {
    let home: Home;
    let link: Link;
    let results: ResultsServer;
    let database: PostgresServer;
    let group: Awaited<ReturnType<typeof createGroup>>['group'];
    let variables: string[];
    let health: string;

    beforeAll(async () => {
      const temporal = await startTemporal({ namespaces: ['acme'] });
      database = await startPostgres({ major: 18 });
      home = await createHome(join(folder, 'control-plane'), { tenantId: 'acme', address: temporal.address, tls: 'off' });
      const created = await createGroup(home, { name: 'image' });
      group = created.group;
      results = await serveResults(home);
      link = await openLink(home);
      health = `127.0.0.1:${await freePort()}`;
      const settings = {
        ...Object.fromEntries(created.environment.map(({ name, value }) => [name, value])),
        SECRETS_STORE_ENGINE: 'file',
        SECRETS_STORE_FOLDER: '/secrets',
        RUNNER_HEALTH_ADDRESS: health,
      };
      variables = Object.entries(settings).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
      await writeSecret();
    }, 120_000);

    afterAll(async () => {
      await results?.stop();
      await link?.close();
    }, 30_000);

    /** Of the database, as only the container's user can read it. */
    async function writeSecret(): Promise<void> {
      const secrets = join(folder, 'secrets/axiom-security/postgresql');
      await mkdir(secrets, { recursive: true });
      const { user, password } = database.superuser;
      const value = {
        postgresql_hostname: database.host,
        postgresql_port: String(database.port),
        postgresql_username: user,
        postgresql_password: password,
      };
      await writeFile(join(secrets, 'db.json'), JSON.stringify(value), { mode: 0o600 });
      await chown(join(secrets, 'db.json'), RUNNER_USER, RUNNER_USER);
      await chmod(folder, 0o755);
    }

    const fact = (name: string, format: string) => host.run('inspect', '--type', 'container', '--format', format, name);
    const startRunner = (name: string) =>
      host.run('run', '--detach', '--name', name, ...HARDENED, '--volume', `${join(folder, 'secrets')}:/secrets:ro`, ...variables, IMAGE);

    async function untilReady(name: string): Promise<void> {
      for (let turn = 0; (await host.try('exec', name, ...READY_COMMAND)).code !== 0; turn++) {
        if (turn === 60) throw new Error(`it does not get ready: ${await host.run('logs', name)}`);
        await sleep(500);
      }
    }

    it('gets ready, does a task, answers probes by name, and ends with 0 after it has drained', async () => {
      await startRunner('runner');
      await untilReady('runner');
      expect(await host.try('exec', 'runner', ...ALIVE_COMMAND)).toMatchObject({ code: 0 });
      expect(await host.try('exec', 'runner', 'axiomrunner', 'doctor')).toMatchObject({ code: 0 });

      const task = await startTask(link, group, { type: 'TestConnection', system: { type: 'postgresql', id: 'db' } });
      expect(await waitForStage(home, task, ['tested', 'failed'], { timeoutMs: 60_000 })).toMatchObject({ stage: 'tested' });

      const status = await readFile(`/proc/${await fact('runner', '{{.State.Pid}}')}/status`, 'utf8');
      expect(status).toMatch(new RegExp(`^Uid:\\t${RUNNER_USER}\\t${RUNNER_USER}\\t${RUNNER_USER}\\t${RUNNER_USER}$`, 'm'));
      for (const set of ['Inh', 'Prm', 'Eff', 'Bnd', 'Amb']) expect(status).toMatch(new RegExp(`^Cap${set}:\\t0+$`, 'm'));
      expect(status).toMatch(/^NoNewPrivs:\t1$/m);
      expect(status).toMatch(/^Seccomp:\t2$/m);

      await host.run('stop', '--time', '60', 'runner');
      expect(await fact('runner', '{{.State.ExitCode}} {{.State.OOMKilled}}')).toBe('0 false');
    }, 120_000);

    it('gives nobody a shell, and nothing to write to but its own folders', async () => {
      for (const shell of ['sh', '/bin/sh', 'bash', 'busybox', 'env', 'cat'])
        expect([125, 126, 127]).toContain((await inContainer('--entrypoint', shell, IMAGE)).code);
      const write = "const fs=require('fs');for(const f of process.argv.slice(1))try{fs.writeFileSync(f+'/x','');console.log(f)}catch{}";
      const folders = ['/', '/opt/axiomrunner', '/etc', '/usr/local/bin', '/tmp', '/var/lib/axiomrunner', '/run/axiomrunner'];
      expect(await inContainer('--entrypoint', 'node', IMAGE, '-e', write, ...folders)).toEqual({
        code: 0,
        output: '/tmp\n/var/lib/axiomrunner\n/run/axiomrunner\n',
      });
    }, 60_000);

    const mount = () => `${folder}:/given:ro`;
    it.each([
      ['no argument before it', []],
      ['the program by its name', ['--entrypoint', 'axiomrunner']],
      ['the program by its path', ['--entrypoint', '/opt/axiomrunner/axiomrunner']],
    ])(
      'reads an env file itself, not node, with %s',
      async (_, entrypoint) => {
        await writeFile(join(folder, 'trap.env'), 'NODE_OPTIONS=--require=/nowhere.js\nTENANT_ID=acme\n', { mode: 0o644 });
        const start = (file: string) => inContainer('--volume', mount(), ...entrypoint, IMAGE, '--env-file', file);
        expect(await start('/given/none.env')).toEqual({
          code: 78,
          output: expect.stringContaining('--env-file: /given/none.env cannot be read'),
        });
        const trapped = await start('/given/trap.env');
        expect([trapped.code, trapped.output]).toEqual([78, expect.stringContaining('RUNNER_GROUP_ID: is missing')]);
        expect(trapped.output).not.toMatch(/TENANT_ID: is missing|nowhere/);
      },
      60_000,
    );

    it('is the secret agent as well, with its state in a volume', async () => {
      const emulator = await startAwsEmulator();
      const { environment } = emulator;
      const { SecretsManagerClient, CreateSecretCommand } = await import('@aws-sdk/client-secrets-manager');
      const client = new SecretsManagerClient({
        endpoint: environment['AWS_ENDPOINT_URL'] ?? '',
        region: environment['AWS_REGION'] ?? '',
        credentials: { accessKeyId: environment['AWS_ACCESS_KEY_ID'] ?? '', secretAccessKey: environment['AWS_SECRET_ACCESS_KEY'] ?? '' },
      });
      await client.send(new CreateSecretCommand({ Name: 'db-production', SecretString: '{"username":"u","password":"p"}' }));
      const address = `localhost:${await freePort()}`;
      const given = {
        ...environment,
        AXIOMRUNNER_AGENT_CONFIG_TEXT: `listen: { address: '${address}' }`,
        SEGURA_AGENT_ADDRESS: `http://${address}`,
      };
      const settings = Object.entries(given).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
      await host.run('run', '--detach', '--name', 'agent', ...HARDENED, ...settings, IMAGE, 'agent');
      const exec = (...args: string[]) => host.try('exec', ...args);
      for (let turn = 0; (await exec('agent', 'axiomrunner', 'agent', 'health')).code !== 0; turn++) {
        if (turn === 40) throw new Error(`the agent does not answer: ${await host.run('logs', 'agent')}`);
        await sleep(500);
      }
      const added = await host.run('exec', 'agent', 'axiomrunner', 'agent', 'app', 'add', 'shop', '--allow', 'db-production');
      const token = /axa_\S+/.exec(added)?.[0] ?? added;
      const got = await exec('--env', `SEGURA_AGENT_TOKEN=${token}`, 'agent', 'segura-agent', 'get-secret', '--id', 'db-production');
      expect(got).toEqual({
        code: 0,
        output: expect.stringMatching(/^\{ ?"secret_id": ?"db-production", ?"username": ?"u", ?"password": ?"p"/),
      });
      await host.run('stop', '--time', '30', 'agent');
      expect(await fact('agent', '{{.State.ExitCode}}')).toBe('0');
    }, 120_000);
  });
});

/** Field e_machine of an ELF file. https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html */
async function machineOf(image: ImageArchive, path: string): Promise<string | undefined> {
  const head = await image.head(path, 20);
  expect(head.subarray(0, 4).toString('latin1')).toBe('\x7fELF');
  return new Map([
    [62, 'amd64'],
    [183, 'arm64'],
  ]).get(head.readUInt16LE(18));
}
