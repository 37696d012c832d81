import { freePort } from '@axiom-runner/local-servers';
import type { Principal } from '@axiom-runner/protocol';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Bench, SECRET } from './support/bench.js';
import { command, type Outcome } from './support/command.js';

jest.setTimeout(90_000);

let bench: Bench;
let people: Principal[];
let requests: string[];
/** Three living accesses, no control plane, no runner. */
beforeAll(async () => {
  bench = await Bench.open();
  const runner = await bench.startRunner();
  people = await Promise.all([bench.shop.newPerson(), bench.shop.newPerson(), bench.shop.newPerson()]);
  const tasks = await Promise.all(people.map((person) => bench.grant(person, 600)));
  requests = tasks.map(({ requestId }) => requestId);
  await bench.stopResults();
  await runner.kill();
  await bench.temporal.kill();
});
afterAll(() => bench?.close());

const run = (...args: string[]): Promise<Outcome> => command(args, { environment: bench.settings });
const parsed = ({ stdout }: Outcome): unknown => JSON.parse(stdout);
const readers = () => Promise.all(people.map((person) => bench.shop.canRead(person)));

describe('break-glass, with the control plane down', () => {
  it('lists the accesses that marks tell of, as a table and as JSON', async () => {
    const table = await run('access', 'list');
    expect(table).toMatchObject({ code: 0, stderr: '' });
    expect(table.stdout.split('\n')[0]).toMatch(/^REQUEST +SYSTEM +PRINCIPAL +PERMISSION +TARGET +ENDS +STATE$/);
    for (const [index, id] of requests.entries()) expect(table.stdout).toMatch(new RegExp(`^${id} .*${people[index]?.id} .*active$`, 'm'));
    const list = parsed(await run('access', 'list', '--json')) as { requestId: string; state: string }[];
    expect(new Set(list.map(({ requestId }) => requestId))).toEqual(new Set(requests));
  });

  it('finds nothing under a request that does not exist: exit code 1', async () => {
    expect(await run('access', 'revoke', 'request-nobody')).toMatchObject({ code: 1, stderr: expect.stringContaining('request-nobody') });
    expect(await readers()).toEqual([true, true, true]);
  });

  it('ends one access with proof, and leaves the others', async () => {
    const { code, stdout } = await run('access', 'revoke', requests[0] ?? '');
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`${requests[0]} .* yes, proved`));
    expect(await readers()).toEqual([false, true, true]);
  });

  it('ends all accesses, and says so again when there are none', async () => {
    const first = await run('access', 'revoke', '--all', '--json');
    expect(first.code).toBe(0);
    expect(parsed(first)).toHaveLength(2);
    expect(await readers()).toEqual([false, false, false]);
    expect(await bench.shop.leftovers()).toEqual([]);
    const second = await run('access', 'revoke', '--all', '--json');
    expect({ code: second.code, revoked: parsed(second) }).toEqual({ code: 0, revoked: [] });
  });

  it.each([
    ['neither a request nor --all', []],
    ['both', ['request-1', '--all']],
  ])('wants one of them: %s is exit code 64', async (_, args) => {
    expect((await run('access', 'revoke', ...args)).code).toBe(64);
  });

  it('says which system could not be looked into: exit code 1', async () => {
    bench.secrets.put(SECRET, bench.shop.secret({ postgresql_port: String(await freePort()) }));
    const { code, stderr } = await run('access', 'list');
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/^postgresql\/127\.0\.0\.1: TARGET_UNREACHABLE: /) });
    bench.secrets.put(SECRET, bench.shop.secret());
  });
});

describe('commands that look', () => {
  it('doctor names every fault and what to do about it', async () => {
    const { code, stdout } = await run('doctor');
    expect(code).toBe(1);
    expect(stdout).toMatch(/^fault +control plane +.*cannot be reached/m);
    expect(stdout).toMatch(/^ok +postgresql\/127\.0\.0\.1 connect /m);
    const answer = parsed(await run('doctor', '--json')) as {
      healthy: boolean;
      findings: { subject: string; state: string; mend: string }[];
    };
    expect(answer.healthy).toBe(false);
    expect(answer.findings.filter(({ state, mend }) => state === 'fault' && mend === '')).toEqual([]);
  });

  it('doctor finds a healthy runner healthy: exit code 0', async () => {
    await bench.temporal.restart();
    expect(parsed(await run('doctor', '--json'))).toMatchObject({ healthy: true });
    expect((await run('doctor')).code).toBe(0);
  });

  it('test-connection shows every check; its exit code follows them', async () => {
    const good = await run('test-connection', 'postgresql/127.0.0.1');
    expect(good).toMatchObject({ code: 0, stdout: expect.stringMatching(/^CHECK +OUTCOME +DETAIL +MEND\nconnect +ok /) });
    bench.secrets.put(SECRET, bench.shop.secret({ postgresql_password: 'wrong-canary' }));
    const bad = await run('test-connection', 'postgresql/127.0.0.1', '--json');
    expect(bad.code).toBe(1);
    expect(parsed(bad)).toMatchObject({
      passed: false,
      checks: expect.arrayContaining([expect.objectContaining({ outcome: 'authentication_failed' })]),
    });
    expect(JSON.stringify(bad)).not.toContain('wrong-canary');
    bench.secrets.put(SECRET, bench.shop.secret());
  });

  it('collect counts, or with --json writes one item a line', async () => {
    const table = await run('collect', 'postgresql/127.0.0.1');
    expect(table).toMatchObject({ code: 0, stdout: expect.stringMatching(/^KIND +COUNT\n/) });
    const { code, stdout } = await run('collect', 'postgresql/127.0.0.1', '--json');
    const items = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { item: string });
    expect({ code, kinds: new Set(items.map(({ item }) => item)) }).toEqual({
      code: 0,
      kinds: new Set(['principal', 'target', 'permission', 'assignment']),
    });
    expect(table.stdout).toMatch(new RegExp(`^total +${items.length}$`, 'm'));
  });

  it('secret validate answers without a value', async () => {
    expect(await run('secret', 'validate', 'postgresql/127.0.0.1')).toEqual({
      code: 0,
      stdout: 'axiom-security/postgresql/127.0.0.1 is complete and well-formed.\n',
      stderr: '',
    });
    bench.secrets.put(SECRET, bench.shop.secret({ postgresql_username: '' }));
    const bad = await run('secret', 'validate', 'postgresql/127.0.0.1', '--json');
    expect(bad).toMatchObject({ code: 1, stdout: '' });
    expect(JSON.parse(bad.stderr)).toMatchObject({ error: { code: 'SECRET_MALFORMED', mend: expect.any(String) } });
    expect(JSON.stringify(bad)).not.toContain(bench.canaries.password);
    bench.secrets.put(SECRET, bench.shop.secret());
  });

  it('an unreachable secret or system of a command is told with its code and mend', async () => {
    const { code, stderr } = await run('secret', 'validate', 'postgresql/unknown');
    expect(code).toBe(1);
    expect(stderr).toMatch(/^axiomrunner: SECRET_NOT_FOUND: .*\n {2}Create .*mode 0600\.\n$/);
  });
});
