import { execFile } from 'node:child_process';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';
import { printable, table } from '../src/cli/output.js';
import { createGroup } from '../src/index.js';
import { removeFolders, temporaryFolder, temporaryHome } from './support/homes.js';
import { axiomctl, type Outcome } from './support/terminal.js';

const run = promisify(execFile);
const request = [
  '--system',
  'postgresql/db',
  '--target',
  'database:app',
  '--permission',
  'read',
  '--duration',
  '1h',
  '--justification',
  'x',
];

afterEach(removeFolders);

describe('axiomctl', () => {
  it('answers --version and --help without loading Temporal', async () => {
    const main = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));
    const version = await run(process.execPath, ['--import', 'tsx', main, '--version']);
    expect(version.stdout).toBe('0.1.0\n');
    const probe = `import { createRequire } from 'node:module';
      import { runAxiomctl } from ${JSON.stringify(fileURLToPath(new URL('../src/cli/program.ts', import.meta.url)))};
      const quiet = { env: {}, out() {}, err() {}, isTerminal: false, signal: new AbortController().signal };
      await runAxiomctl(['--help'], quiet);
      const loaded = Object.keys(createRequire('/').cache).filter((file) => file.includes('@temporalio'));
      console.log(loaded.length);`;
    expect((await run(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', probe])).stdout).toBe('0\n');
  }, 30_000);

  it.each([
    [['group', '--help'], /create .*rotate-key/s],
    [['access', 'grant', '--help'], /--principal .*Example/s],
    [['credential', 'dispense', '--help'], /shown once.*/s],
    [['--help'], /Exit codes/],
  ])('%j shows help with examples', async (argv, expected) => {
    expect(await axiomctl(argv)).toMatchObject({ code: 0, out: expect.stringMatching(expected) });
  });

  it.each([
    [[], 64, /Usage/],
    [['nonsense'], 64, /unknown command/],
    [['group', 'create'], 64, /--name/],
    [['group', 'create', '--name', 'eu', '--key-expires', '1y'], 64, /s, m, h, d/],
    [['test-connection', 'oracle/db'], 64, /postgresql/],
    [['test-connection', 'postgresql/a/../b'], 64, /\.\. segments/],
    [['access', 'grant', '--principal', 'ada', ...request], 64, /<kind>:<id>/],
    [['access', 'grant', '--principal', 'role:ada', ...request, '--target', 'app'], 64, /<kind>:<part>/],
    [['access', 'grant', '--principal', 'role:ada', ...request, '--target', 'table:a%zz'], 64, /stands for nothing/],
    [['access', 'extend', 'id'], 64, /--until or --for/],
    [['access', 'extend', 'id', '--until', 'tomorrow'], 64, /with its zone/],
    [['access', 'list', '--state', 'unknown'], 64, /requested/],
    [['namespace', 'create', '--retention', '0'], 64, /1 to 365/],
    [['keys', 'serve', '--listen', '0.0.0.0:80'], 64, /no loopback address/],
    [['access', 'show', 'unknown'], 1, /no access unknown/],
    [['access', 'revoke', 'unknown'], 1, /no access unknown/],
    [['group', 'show', 'unknown'], 1, /eu \(rg-/],
    [['integration', 'remove', 'postgresql/db'], 1, /not registered/],
    [['results', 'items', 'unknown'], 1, /no batch/],
    [['keys', 'retire', 'unknown'], 1, /no task key/],
    [['group', 'list', '--tls', 'maybe'], 78, /TLS is set to "maybe"/],
    [['test-connection', 'postgresql/db', '--address', 'example.com:7233', '--tls', 'off'], 78, /not on this machine/],
    [['test-connection', 'postgresql/db', '--address', 'example.com'], 64, /host:port/],
    [['test-connection', 'postgresql/db', '--validity', '6m', '--tls', 'on', '--ca-file', '/does/not/exist'], 78, /cannot be read/],
    [['test-connection', 'postgresql/db', '--tls', 'on', '--cert-file', '/x'], 78, /Only the client's certificate/],
    [['test-connection', 'postgresql/db', '--api-key-file', '/does/not/exist'], 78, /api-key-file/],
  ])('%j exits with %d and says why', async (argv, code, reason) => {
    const home = await temporaryHome();
    await createGroup(home, { name: 'eu' });
    const outcome = await axiomctl([...argv, ...(argv.length === 0 ? [] : ['--home', home.folder])]);
    expect(outcome.err).toMatch(reason);
    expect(outcome).toMatchObject({ code, out: '' });
  });

  it('exits with 78 when there is no home, and says how to make one', async () => {
    const outcome = await axiomctl(['group', 'list'], { env: { AXIOM_HOME: join(await temporaryFolder(), 'none') } });
    expect(outcome).toMatchObject({ code: 78, err: expect.stringMatching(/To mend: make one with "axiomctl group create/) });
  });

  it('exits with 69 when nothing answers', async () => {
    const home = await temporaryHome({ address: `127.0.0.1:${await closedPort()}` });
    await createGroup(home, { name: 'eu' });
    const outcome = await axiomctl(['test-connection', 'postgresql/db', '--home', home.folder, '--json']);
    expect(outcome.code).toBe(69);
    expect(JSON.parse(outcome.err)).toEqual({
      error: { message: expect.stringContaining('cannot be reached'), mend: expect.stringContaining('AXIOM_TLS=off'), exitCode: 69 },
    });
  }, 30_000);
});

describe('axiomctl group', () => {
  it('creates a group with the ids, the key and a .env, and lists and shows it without the key', async () => {
    const env = { AXIOM_HOME: join(await temporaryFolder(), 'home'), AXIOM_ACTIONS_ADDRESS_AND_PORT: '127.0.0.1:7233', AXIOM_TLS: 'off' };
    const created = await axiomctl(['group', 'create', '--name', 'eu', '--tenant', 'acme', '--json'], { env });
    const group = JSON.parse(created.out);
    expect(group).toMatchObject({ tenantId: 'acme', name: 'eu', signedTasks: true, environment: { TENANT_ID: 'acme', AXIOM_TLS: 'off' } });
    expect(group.environment).toMatchObject({ RUNNER_GROUP_ID: group.runnerGroupId, RUNNER_API_KEY: group.apiKey });

    const listed = await axiomctl(['group', 'list'], { env });
    expect(listed.out).toMatch(new RegExp(`ID .*NAME.*\n${group.runnerGroupId} +eu +signed`));
    const shown = await axiomctl(['group', 'show', 'eu', '--json'], { env });
    expect(JSON.parse(shown.out)).toMatchObject({ tenantId: 'acme', runnerGroupId: group.runnerGroupId });
    expect(listed.out + shown.out).not.toContain(group.apiKey);
  });

  it('prints a .env that can be pasted', async () => {
    const home = await temporaryHome();
    const { out } = await axiomctl(['group', 'create', '--name', 'eu', '--home', home.folder]);
    expect(out).toMatch(/\n# \.env of a runner.*\nTENANT_ID=acme\nRUNNER_GROUP_ID=rg-\w+\nRUNNER_API_KEY=ey/);
  });

  it('writes the .env to a file of mode 0600 and shows no key', async () => {
    const home = await temporaryHome();
    const file = join(home.folder, '.env');
    const { out } = await axiomctl(['group', 'create', '--name', 'eu', '--home', home.folder, '--write-env', file]);
    const key = /^RUNNER_API_KEY=(.*)$/m.exec(await readFile(file, 'utf8'))?.[1] ?? '';
    expect(key).toMatch(/^ey/);
    expect(out).not.toContain(key);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const rotated = await axiomctl(['group', 'rotate-key', '--home', home.folder, '--write-env', file, '--now']);
    expect(rotated.code).toBe(0);
    expect(await readFile(file, 'utf8')).not.toContain(key);
  });

  it('keeps one tenant in one home', async () => {
    const home = await temporaryHome();
    const outcome = await axiomctl(['group', 'create', '--name', 'eu', '--tenant', 'other', '--home', home.folder]);
    expect(outcome).toMatchObject({ code: 64, err: expect.stringContaining('home of tenant acme, not of other') });
  });
});

describe('axiomctl integration and keys', () => {
  it('adds, lists and removes a system', async () => {
    const home = await temporaryHome();
    await createGroup(home, { name: 'eu' });
    const at = ['--home', home.folder];
    expect((await axiomctl(['integration', 'add', 'postgresql/db.example.com', ...at])).out).toContain(
      'axiom-security/postgresql/db.example.com',
    );
    expect((await axiomctl(['integration', 'list', ...at])).out).toMatch(/SYSTEM +GROUP\npostgresql\/db\.example\.com +rg-/);
    expect(await axiomctl(['integration', 'remove', 'postgresql/db.example.com', ...at])).toMatchObject({ code: 0 });
    expect((await axiomctl(['integration', 'list', ...at])).out).toBe('none\n');
  });

  it('prints key sets without private parts', async () => {
    const home = await temporaryHome();
    await createGroup(home, { name: 'eu' });
    for (const [name, count] of [
      ['jwks', 2],
      ['verification', 1],
    ] as const) {
      const { out } = await axiomctl(['keys', name, '--home', home.folder]);
      const { keys } = JSON.parse(out);
      expect(keys).toHaveLength(count);
      expect(keys[0]).toMatchObject({ kid: expect.any(String), alg: expect.any(String), use: 'sig' });
      expect(out).not.toContain('"d"');
    }
    expect((await axiomctl(['keys', '--home', home.folder])).out).toMatch(/task +EdDSA +signs/);
  });

  it('serves the key set on loopback until it is stopped, fresh at each request', async () => {
    const home = await temporaryHome();
    await createGroup(home, { name: 'eu' });
    const stop = new AbortController();
    let serving: Promise<Outcome> | undefined;
    const address = await new Promise<string>((resolve) => {
      serving = axiomctl(['keys', 'serve', '--listen', '127.0.0.1:0', '--home', home.folder], {
        signal: stop.signal,
        onOut: (text) => resolve(text.trim()),
      });
    });
    const count = async () => z.object({ keys: z.array(z.unknown()) }).parse(await (await fetch(address)).json()).keys.length;
    expect(await count()).toBe(2);
    await createGroup(home, { name: 'us' });
    expect(await count()).toBe(3);
    expect((await fetch(new URL('/keys.json', address))).status).toBe(404);
    expect((await fetch(address, { method: 'POST' })).status).toBe(404);
    stop.abort();
    expect((await serving)?.code).toBe(0);
  });

  it('reads an API key file, trimmed', async () => {
    const home = await temporaryHome({ address: `127.0.0.1:${await closedPort()}` });
    await createGroup(home, { name: 'eu' });
    const file = join(home.folder, 'key');
    await writeFile(file, 'a key\n');
    const outcome = await axiomctl(['namespace', 'create', '--home', home.folder], { env: { AXIOM_API_KEY_FILE: file } });
    expect(outcome).toMatchObject({ code: 69, err: expect.stringContaining('cannot be reached') });
  }, 30_000);
});

describe('output', () => {
  it('aligns columns and leaves empty ones out', () => {
    expect(
      table(
        ['A', 'EMPTY', 'B'],
        [
          ['1', '', 'x'],
          ['22', undefined, 'y'],
        ],
      ),
    ).toBe('A   B\n1   x\n22  y\n');
  });

  it('shows control characters of hostile names instead of obeying them', () => {
    expect(printable('a\u001b[31mb\u202ec\n')).toBe('a\\u001b[31mb\\u202ec\\u000a');
  });
});

/** A port of loopback that nothing listens on. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 9;
}
