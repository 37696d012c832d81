import { rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { createGroup, createHome } from '@axiom-runner/control-plane';
import { freePort, startAwsEmulator, startRunner, startTemporal, stopAll } from '@axiom-runner/local-servers';
import { type Ended, ended, temporaryFolder } from './support/commands.js';
import { NODE_VERSIONS } from './support/node-versions.js';
import { install } from './support/registry.js';
import { packed } from './support/tarballs.js';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let commands: string;

beforeAll(async () => {
  folder = await temporaryFolder();
  await writeFile(join(folder.path, 'package.json'), '{}');
  const [tarball] = [...(await packed(folder.path, '@axiom-runner/runtime')).values()];
  // Everything is inside: no registry is asked.
  await install(folder.path, '--offline', tarball?.path ?? '');
  commands = join(folder.path, 'node_modules/.bin');
}, 240_000);

afterAll(async () => {
  await stopAll();
  await folder.dispose();
}, 60_000);

describe.each(NODE_VERSIONS)('@axiom-runner/runtime, installed in an empty folder, with $name', ({ name, path }) => {
  const check = path === '' ? it.skip : it;
  /** `npx <command>`: the installed one, never one of that name from elsewhere. */
  const npx = (...command: string[]): Promise<Ended> =>
    ended('npx', ['--no', '--', ...command], { cwd: folder.path, env: { PATH: path, HOME: folder.path } });

  check('says its version', async () => {
    const { stdout } = await npx('axiomrunner', 'version', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ version: expect.stringMatching(/^\d+\.\d+\.\d+/), node: name.replace('Node ', 'v') });
  });

  check('checks settings', async () => {
    const { code, stderr } = await npx('axiomrunner', 'doctor');
    expect({ code, stderr }).toEqual({ code: 78, stderr: expect.stringContaining('TENANT_ID: is missing') });
  });

  check('is the agent by its second name', async () => {
    const [first, second] = await Promise.all([npx('axiomrunner', 'agent', '--help'), npx('segura-agent', '--help')]);
    expect(second).toEqual(first);
    expect(first).toMatchObject({ code: 0, stdout: expect.stringContaining('Usage: axiomrunner agent') });
  });

  check(
    'starts, takes tasks from a Temporal server, and ends in peace',
    async () => {
      const temporal = await startTemporal({ namespaces: ['acme'] });
      const home = await createHome(join(folder.path, `home-${temporal.pid}`), { tenantId: 'acme', address: temporal.address, tls: 'off' });
      const { environment } = await createGroup(home, { name: 'packages' });
      process.env['AXIOM_RUNNER_PROGRAM'] = join(commands, 'axiomrunner');
      const runner = startRunner({
        environment: {
          ...Object.fromEntries(environment.map(({ name, value }) => [name, value])),
          PATH: path,
          SECRETS_STORE_ENGINE: 'file',
          SECRETS_STORE_FOLDER: folder.path,
          RUNNER_HEALTH_ADDRESS: 'off',
        },
      });
      expect((await runner.ready()).message).toContain('Namespace = acme');
      expect(await runner.stop()).toBe(0);
      await temporal.stop();
    },
    90_000,
  );
});

describe('the secret agent, without the native core of Linux, as on macOS and Windows', () => {
  beforeAll(() => rm(join(folder.path, 'node_modules/@axiom-runner/runtime/dist/native'), { recursive: true }));

  it('is what the runner names when it cannot start there', async () => {
    const env = {
      PATH: [commands, NODE_VERSIONS[0]?.path].join(delimiter),
      TENANT_ID: 'acme',
      RUNNER_GROUP_ID: 'rg-1',
      RUNNER_API_KEY: 'key',
    };
    const { code, stderr } = await ended('axiomrunner', ['start'], { env });
    expect({ code, stderr }).toEqual({ code: 78, stderr: expect.stringContaining('The runner needs Linux with glibc 2.28') });
    expect(stderr).toContain('the secret agent ("axiomrunner agent") works without it');
  });

  it('has a secret for an application from the vault', async () => {
    const emulator = await startAwsEmulator();
    const { AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '', AWS_REGION = '' } = emulator.environment;
    const client = new SecretsManagerClient({
      endpoint: emulator.endpoint,
      region: AWS_REGION,
      credentials: { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY },
    });
    await client.send(new CreateSecretCommand({ Name: 'db', SecretString: JSON.stringify({ username: 'shop', password: 'opaque' }) }));
    const port = await freePort();
    const env = {
      ...emulator.environment,
      PATH: [commands, NODE_VERSIONS[0]?.path].join(delimiter),
      HOME: folder.path,
      STATE_DIRECTORY: join(folder.path, 'state'),
      AXIOMRUNNER_AGENT_CONFIG_TEXT: `listen: { address: 'localhost:${port}' }`,
      SEGURA_AGENT_ADDRESS: `http://localhost:${port}`,
    };
    const added = await ended('axiomrunner', ['agent', 'app', 'add', 'shop', '--allow', 'db'], { env });
    process.env['AXIOM_RUNNER_PROGRAM'] = join(commands, 'segura-agent');
    const agent = startRunner({ environment: env });
    try {
      await agent.waitFor(({ message }) => message.startsWith('Started Axiom secret agent'));
      const got = await ended('segura-agent', ['get-secret', '--id', 'db', '--field', 'password'], {
        env: { ...env, SEGURA_AGENT_TOKEN: added.stdout.trim() },
      });
      expect(got).toMatchObject({ code: 0, stdout: 'opaque\n' });
    } finally {
      await agent.stop();
    }
  }, 90_000);
});
