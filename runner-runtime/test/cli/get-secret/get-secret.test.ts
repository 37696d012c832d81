import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newToken } from '../../../src/agent/applications/token.js';
import { openedAgent } from '../../agent/support/opened-agent.js';
import { bundle, SEGURA_AGENT } from './bundled.js';
import { command, scriptedServer } from './command.js';

const PASSWORD = 'canary "pass\\word" é\n\u{1F511}';
const TOKEN = { SEGURA_AGENT_TOKEN: 'billing-token' };
const ASK = ['--id', 'db-production'];

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'axiom-test-get-secret-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('get-secret, of an agent', () => {
  let agent: Awaited<ReturnType<typeof openedAgent>>;
  beforeEach(async () => {
    agent = await openedAgent({
      listen: { socket: { path: join(folder, 'agent.sock'), mode: 0o600 } },
      ofSocket: 'reports',
      settings: { cache: { ttl: 10, stale_if_error: 60 } },
    });
    agent.vault.put('db-production', PASSWORD);
    agent.vault.put('reports/q1', 'of-reports');
  });
  afterEach(() => agent.close());

  const published = { secret_id: 'db-production', username: 'user', password: PASSWORD, expires_at: '2026-01-01T00:00:10Z' };
  const at = (address = agent.url) => ({ ...TOKEN, SEGURA_AGENT_ADDRESS: address });

  it("prints the agent's answer, byte for byte, and a newline", async () => {
    const direct = await (await fetch(`${agent.url}/secret/db-production`, { headers: { authorization: 'Bearer billing-token' } })).text();
    expect(await command(ASK, at())).toEqual({ code: 0, out: `${direct}\n`, err: '' });
    expect(direct).toBe(JSON.stringify(published));
  });

  it.each(Object.entries(published))('prints the value of one field: %s', async (field, value) => {
    expect(await command([...ASK, '--field', field], at())).toEqual({ code: 0, out: `${value}\n`, err: '' });
  });

  it.each([['localhost'], ['127.0.0.1']])('takes the address of %s by option rather than by environment', async (host) => {
    const address = `http://${host}:${agent.port}`;
    expect(await command([...ASK, '--address', address], at('http://127.0.0.1:9'))).toMatchObject({ code: 0 });
  });

  it('takes the path of a socket for an address, which may need no token', async () => {
    const socket = join(folder, 'agent.sock');
    expect(await command(['--id', 'reports/q1', '--field', 'password', '--address', socket])).toEqual({
      code: 0,
      out: 'of-reports\n',
      err: '',
    });
    expect(await command(['--id', 'reports/q1'], { SEGURA_AGENT_ADDRESS: socket })).toMatchObject({ code: 0 });
  });

  it('looks for the default socket first', async () => {
    expect(await command(['--id', 'reports/q1', '--field', 'username'], {}, join(folder, 'agent.sock'))).toEqual({
      code: 0,
      out: 'user\n',
      err: '',
    });
  });

  it('says so on standard error when the secret is past its TTL because the vault does not answer', async () => {
    await command(ASK, at());
    agent.vault.fail('SECRET_STORE_UNAVAILABLE');
    agent.clock.pass(30);
    expect(await command([...ASK, '--field', 'username'], at())).toEqual({
      code: 0,
      out: 'user\n',
      err: 'get-secret: the vault does not answer: this secret is 30 s old\n',
    });
  });

  it.each([
    ['no token', 77, 'TOKEN_MISSING', ASK, {}, 'SEGURA_AGENT_TOKEN'],
    ['a token of nobody', 77, 'TOKEN_INVALID', ASK, { SEGURA_AGENT_TOKEN: newToken() }, 'printed last'],
    ['a mistyped token', 77, 'TOKEN_INVALID', ASK, { SEGURA_AGENT_TOKEN: newToken().slice(0, -1) }, 'cut or mistyped'],
    ['a secret of others', 1, 'SECRET_NOT_ALLOWED', ['--id', 'reports/q1'], TOKEN, 'agent app allow'],
    ['a secret that is none', 1, 'SECRET_NOT_FOUND', ['--id', 'reports/q2'], { SEGURA_AGENT_TOKEN: 'reports-token' }, 'Check the id'],
  ])('answers %s with %i, its code and what to do', async (_, code, problem, args, environment, mend) => {
    const answer = await command(args, { ...environment, SEGURA_AGENT_ADDRESS: agent.url });
    expect([answer.code, answer.out]).toEqual([code, '']);
    expect(answer.err).toMatch(new RegExp(`^get-secret: ${problem}: .*\n  .*${mend}`, 's'));
    expect(answer.err).not.toMatch(/canary|billing-token|axa_/);
  });

  it.each([
    ['SECRET_ACCESS_DENIED', 'VAULT_DENIED'],
    ['SECRET_MALFORMED', 'SECRET_MALFORMED'],
    ['SECRET_STORE_UNAVAILABLE', 'VAULT_UNAVAILABLE'],
  ] as const)('answers a vault that says %s with 69', async (fault, problem) => {
    agent.vault.fail(fault);
    expect(await command(ASK, at())).toEqual({ code: 69, out: '', err: expect.stringContaining(problem) });
  });

  it('answers an audit that cannot be written with 69', async () => {
    agent.trail.refuse();
    expect(await command(ASK, at())).toEqual({ code: 69, out: '', err: expect.stringContaining('AUDIT_UNAVAILABLE') });
  });
});

describe('get-secret, when no agent answers as an agent', () => {
  const problem = (status: number, body: object, headers: Record<string, string> = {}) =>
    scriptedServer((_, response) => {
      response.writeHead(status, { 'content-type': 'application/problem+json', ...headers }).end(JSON.stringify(body));
    });
  const of = async (server: Awaited<ReturnType<typeof scriptedServer>>, args: readonly string[] = ASK) => {
    try {
      return await command(args, { ...TOKEN, SEGURA_AGENT_ADDRESS: server.url });
    } finally {
      await server.close();
    }
  };

  it.each([
    [400, 70],
    [401, 77],
    [403, 1],
    [404, 1],
    [405, 70],
    [408, 69],
    [429, 69],
    [431, 70],
    [500, 70],
    [502, 69],
    [503, 69],
    [504, 69],
  ])('answers a problem of status %i with %i', async (status, code) => {
    const answer = await of(
      await problem(status, { code: 'ANY_CODE', detail: 'What happened.', mend: 'What to do.' }, { 'retry-after': '7' }),
    );
    expect([answer.code, answer.out]).toEqual([code, '']);
    expect(answer.err).toBe('get-secret: ANY_CODE: What happened.\n  What to do.\n  Try again in 7 s.\n');
  });

  it('keeps what a terminal would obey out of its messages', async () => {
    const nasty = 'a\u001B[2Jb\r\nc\u202Ed\u009B31m';
    const { err } = await of(await problem(503, { code: nasty, detail: nasty, mend: nasty }));
    expect(err).toBe('get-secret: a·[2Jb··c·d·31m: a·[2Jb··c·d·31m\n  a·[2Jb··c·d·31m\n');
  });

  it('shows nothing of a body that is no problem, and nothing at all on standard output', async () => {
    const server = await scriptedServer((_, response) => response.writeHead(500, { 'content-type': 'text/html' }).end('canary'));
    const answer = await of(server);
    expect([answer.code, answer.out]).toEqual([70, '']);
    expect(answer.err).not.toContain('canary');
  });

  it('follows no redirect, which would carry the token away', async () => {
    const other = await scriptedServer((_, response) => response.end('{}'));
    const server = await scriptedServer((_, response) => response.writeHead(307, { location: `${other.url}/secret/db-production` }).end());
    expect(await of(server)).toMatchObject({ code: 70, out: '' });
    expect(other.asked).toEqual([]);
    await other.close();
  });

  it.each([
    ['no JSON', 'canary'],
    ['a list', '["canary"]'],
    ['a field that is missing', JSON.stringify({ secret_id: 'a', username: 'b', password: 'canary' })],
    ['a field that is no text', JSON.stringify({ secret_id: 'a', username: 'b', password: 1, expires_at: 'canary' })],
    ['more than an agent sends', JSON.stringify({ secret_id: 'a', username: 'b', password: 'canary'.repeat(200_000), expires_at: 'd' })],
  ])('answers %s with 70', async (_, body) => {
    const answer = await of(
      await scriptedServer((_request, response) => response.writeHead(200, { 'content-type': 'application/json' }).end(body)),
    );
    expect([answer.code, answer.out]).toEqual([70, '']);
    expect(answer.err).not.toContain('canary');
  });

  it('answers another protocol with 70', async () => {
    const server = await scriptedServer((request) => {
      request.socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n');
    });
    expect(await of(server)).toMatchObject({ code: 70, out: '', err: expect.stringContaining('another protocol') });
  });

  it('answers a connection that breaks within the answer with 69', async () => {
    const server = await scriptedServer((request, response) => {
      response.writeHead(200, { 'content-length': '1000' }).write('{"password":"canary');
      request.socket.destroySoon();
    });
    expect(await of(server)).toMatchObject({ code: 69, out: '' });
  });

  it('waits no longer than it is told', async () => {
    const silent = await scriptedServer(() => undefined);
    const answer = await of(silent, [...ASK, '--timeout', '1']);
    expect(answer).toMatchObject({ code: 69, out: '', err: expect.stringContaining('did not answer in 1 s') });
  });

  it('asks the default port only where there is no default socket: else whoever listens there would be given the token', async () => {
    const socket = join(folder, 'killed.sock');
    // As a server leaves it that was killed.
    const script = `require('node:net').createServer().listen(${JSON.stringify(socket)}, () => process.kill(process.pid, 'SIGKILL'))`;
    spawnSync(process.execPath, ['-e', script]);
    const { agentAddress } = await import('../../../src/cli/get-secret/agent-address.js');
    expect(await agentAddress(undefined, {}, socket)).toEqual({ over: 'socket', path: socket });
    expect(await agentAddress(undefined, {}, join(folder, 'none.sock'))).toEqual({ over: 'http', host: 'localhost', port: 8787 });
    expect(await command(ASK, {}, socket)).toMatchObject({ code: 69, out: '', err: expect.stringContaining('axiomrunner agent') });
  });
});

describe('the address', () => {
  it.each([
    ['another host without TLS', 'http://vault.example.com:8787'],
    ['a host that looks like this one', 'http://127.0.0.1.example.com:8787'],
    ['all addresses', 'http://0.0.0.0:8787'],
    ['another scheme', 'ftp://localhost'],
    ['no scheme', 'localhost:8787'],
    ['a path', 'http://localhost:8787/secret'],
    ['a query', 'http://localhost:8787/?a=b'],
    ['a user', 'http://user@localhost:8787'],
    ['a password', 'http://:canary@localhost:8787'],
    ['a path from here', './agent.sock'],
  ])('may not be %s', async (_, address) => {
    const [option, environment] = [
      await command([...ASK, '--address', address], TOKEN),
      await command(ASK, { ...TOKEN, SEGURA_AGENT_ADDRESS: address }),
    ];
    expect([option.code, environment.code, option.out, environment.out]).toEqual([64, 78, '', '']);
    expect(option.err).not.toContain('canary');
  });
});

describe('the token', () => {
  const seen = async (args: readonly string[], environment: Record<string, string>) => {
    const server = await scriptedServer((_, response) => response.writeHead(404).end());
    await command([...ASK, ...args], { SEGURA_AGENT_ADDRESS: server.url, ...environment });
    await server.close();
    return server.asked.map(({ headers }) => headers.authorization);
  };
  const file = (name: string, text: string, mode = 0o600) => {
    const path = join(folder, name);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, text);
    chmodSync(path, mode);
    return path;
  };

  const link = (to: string) => {
    symlinkSync(to, join(folder, 'link'));
    return join(folder, 'link');
  };

  it('is that of the file that was named, of the environment, of the file that it names, of the user, in this order', async () => {
    const [named, ofEnvironment] = [file('named', 'named\n'), file('of-environment', 'of-environment')];
    file('home/.config/axiomrunner/token', 'of-the-user\n');
    const all = { SEGURA_AGENT_TOKEN: 'variable', SEGURA_AGENT_TOKEN_FILE: ofEnvironment, HOME: join(folder, 'home') };
    expect(await seen(['--token-file', named], all)).toEqual(['Bearer named']);
    expect(await seen([], all)).toEqual(['Bearer variable']);
    expect(await seen([], { ...all, SEGURA_AGENT_TOKEN: '' })).toEqual(['Bearer of-environment']);
    expect(await seen([], { HOME: all.HOME })).toEqual(['Bearer of-the-user']);
    expect(await seen([], { HOME: folder })).toEqual([undefined]);
    expect(await seen([], { XDG_CONFIG_HOME: join(folder, 'home/.config') })).toEqual(['Bearer of-the-user']);
  });

  it.each([
    ['that every user can read', () => file('token', 'canary', 0o644), 'chmod 640'],
    ['that others may write', () => file('token', 'canary', 0o620), 'chmod 600'],
    ['that is missing', () => join(folder, 'missing'), 'missing'],
    ['that is a link', () => link(file('token', 'canary')), 'link'],
    ['that is a folder', () => folder, 'no regular file'],
    ['that is empty', () => file('token', '\n'), 'holds no token'],
    ['of two lines', () => file('token', 'canary\nsecond\n'), 'holds no token'],
    ['that would inject a header', () => file('token', 'canary\r\nx-forwarded-for: 1'), 'holds no token'],
    ['that is no text', () => file('token', 'canary\u0000\u00e9'), 'holds no token'],
    ['that is too long', () => file('token', 'canary'.repeat(50)), 'holds no token'],
  ])('is not taken from a file %s', async (_, path, words) => {
    const answer = await command([...ASK, '--token-file', path(), '--address', 'http://127.0.0.1:9']);
    expect([answer.code, answer.out]).toEqual([78, '']);
    expect(answer.err).toContain(words);
    expect(answer.err).not.toContain('canary');
  });

  it("is not taken from the user's own file when others can read that", async () => {
    file('home/.config/axiomrunner/token', 'canary', 0o644);
    expect(await command(ASK, { HOME: join(folder, 'home') })).toMatchObject({ code: 78, out: '' });
  });

  it('of the environment may not inject a header', async () => {
    const answer = await command(ASK, { SEGURA_AGENT_TOKEN: 'canary\r\nhost: x', SEGURA_AGENT_ADDRESS: 'http://127.0.0.1:9' });
    expect([answer.code, answer.out]).toEqual([78, '']);
    expect(answer.err).not.toContain('canary');
  });
});

describe('the command line', () => {
  it.each([['--help'], ['-h']])('explains itself with examples and exit codes (%s)', async (help) => {
    const { code, out, err } = await command([help]);
    expect([code, err]).toEqual([0, '']);
    for (const word of ['--id <id>', '--exec', 'Examples:', '77 no token', 'NODE_EXTRA_CA_CERTS']) expect(out).toContain(word);
  });

  it.each([
    ['no id', []],
    ['an empty id', ['--id', '']],
    ['an id with a way out', ['--id', '../admin']],
    ['an id with an encoded way out', ['--id', 'a/%2e%2e/b']],
    ['an id with a query', ['--id', 'a?b']],
    ['an id with a line end', ['--id', 'a\r\nx: y']],
    ['an id that is too long', ['--id', 'a'.repeat(257)]],
    ['an option that is none', [...ASK, '--frobnicate']],
    ['an option without its value', ['--id']],
    ['a word too many', [...ASK, 'more']],
    ['a field that is none', [...ASK, '--field', 'Password']],
    ['a format that is none', [...ASK, '--format', 'xml']],
    ['a field and a format', [...ASK, '--field', 'password', '--format', 'env']],
    ['a field and a command', [...ASK, '--field', 'password', '--exec', '--', 'true']],
    ['a format and a command', [...ASK, '--format', 'env', '--exec', '--', 'true']],
    ['--exec without a command', [...ASK, '--exec']],
    ['--exec with an empty command', [...ASK, '--exec', '--']],
    ['a command without --exec', [...ASK, '--', 'true']],
    ['a prefix for JSON', [...ASK, '--prefix', 'DB_']],
    ['a prefix that is none', [...ASK, '--format', 'env', '--prefix', '1;rm']],
    ['a time that is none', [...ASK, '--timeout', '0']],
    ['a time without end', [...ASK, '--timeout', '601']],
  ])('refuses %s with 64 and a word of help', async (_, args) => {
    const { code, out, err } = await command(args, TOKEN);
    expect([code, out]).toEqual([64, '']);
    expect(err).toMatch(/^get-secret: .+\n {2}"segura-agent get-secret --help"/);
  });

  it("loads Node's built-ins and a few files, nothing else", async () => {
    const { inputs } = await bundle(SEGURA_AGENT, join(folder, 'segura-agent'));
    const files = Object.keys(inputs).filter((path) => path !== 'program.ts');
    const few = /\/(src\/cli\/get-secret\/|src\/agent\/applications\/token|src\/config\/address|src\/operations\/private-file|contract\/)/;
    expect(files.filter((path) => !few.test(path))).toEqual([]);
    const external = Object.values(inputs).flatMap(({ imports }) => imports.filter((one) => one.external === true).map(({ path }) => path));
    expect(external.filter((path) => !path.startsWith('node:'))).toEqual([]);
  });
});
