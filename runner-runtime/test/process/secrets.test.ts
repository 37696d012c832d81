import { freePort } from '@axiom-runner/local-servers';
import type { System } from '@axiom-runner/protocol';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Bench, type BenchRunner, SECRET, SYSTEM } from './support/bench.js';
import { command } from './support/command.js';
import { endOf } from './support/tasks.js';

jest.setTimeout(90_000);

let bench: Bench;
let runner: BenchRunner;
beforeAll(async () => {
  bench = await Bench.open();
  runner = await bench.startRunner();
});
afterAll(() => bench?.close());
afterEach(() => bench.secrets.put(SECRET, bench.shop.secret()));

/** What a connection test of the system ends with, and the line of the runner's log about it. */
async function failureOf(system: System): Promise<{ error: unknown; record: unknown }> {
  const task = await bench.start({ type: 'TestConnection', system });
  await endOf(bench.link.client.workflow.getHandle(task.requestId).result());
  const results = await bench.home.results.ofRequest(bench.group.id, task.requestId);
  const [error] = results.flatMap(({ result }) => (result.stage === 'failed' ? [result.error] : []));
  const record = runner.records().find(({ requestId, step }) => requestId === task.requestId && step === 'testConnection');
  return { error, record };
}

describe('a secret that cannot be used', () => {
  const CANARY = 'canary-in-a-broken-secret';
  it.each<[string, string, RegExp, () => void]>([
    ['is missing', 'SECRET_NOT_FOUND', /does not exist/, () => bench.secrets.remove(SECRET)],
    ['is open to others', 'SECRET_ACCESS_DENIED', /open to others \(mode 644\)/, () => bench.secrets.put(SECRET, { a: CANARY }, 0o644)],
    ['is no JSON', 'SECRET_MALFORMED', /is not JSON/, () => bench.secrets.put(SECRET, `{"postgresql_password": "${CANARY}`)],
    ['is no object', 'SECRET_MALFORMED', /no object/, () => bench.secrets.put(SECRET, `["${CANARY}"]`)],
    [
      'lacks a field',
      'SECRET_MALFORMED',
      /has no field postgresql_hostname/,
      () => bench.secrets.put(SECRET, { postgresql_username: 'u', postgresql_password: CANARY }),
    ],
    [
      'has an empty field',
      'SECRET_MALFORMED',
      /has an empty field postgresql_username/,
      () => bench.secrets.put(SECRET, bench.shop.secret({ postgresql_username: ' ' })),
    ],
    [
      'still holds a placeholder of the guide',
      'SECRET_MALFORMED',
      /still holds the placeholder <password> in postgresql_password/,
      () => bench.secrets.put(SECRET, bench.shop.secret({ postgresql_password: '<password>' })),
    ],
  ])('%s: %s', async (_, code, message, breakIt) => {
    breakIt();
    const { error, record } = await failureOf(SYSTEM);
    expect(error).toEqual({ code, message: expect.stringMatching(message), object: SECRET, mend: expect.any(String), retryable: false });
    expect(record).toMatchObject({ error: { code, mend: expect.any(String) } });
    expect(JSON.stringify([error, runner.output()])).not.toContain(CANARY);
  });
});

describe('a database that cannot be used', () => {
  const check = async () => {
    const task = await bench.start({ type: 'TestConnection', system: SYSTEM });
    return (await bench.stage(task, 'tested')).checks.find(({ name }) => name === 'connect');
  };

  it('refuses the password: the answer of the check, and TARGET_AUTH_FAILED of a grant', async () => {
    const person = await bench.shop.newPerson();
    bench.secrets.put(SECRET, bench.shop.secret({ postgresql_password: 'wrong-canary' }));
    expect(await check()).toMatchObject({ outcome: 'authentication_failed', mend: expect.any(String) });
    const task = await bench.provision(person, 600);
    await expect(bench.stage(task, 'granted')).rejects.toMatchObject({ message: expect.stringMatching(/^TARGET_AUTH_FAILED: /) });
    expect(runner.output()).not.toContain('wrong-canary');
  });

  it.each<[string, () => Promise<Record<string, string>>]>([
    ['has a name that nobody knows', async () => ({ postgresql_hostname: 'db.invalid' })],
    ['listens on no such port', async () => ({ postgresql_port: String(await freePort()) })],
  ])('%s: unreachable for the check; a grant is tried again until it is there', async (_, change) => {
    bench.secrets.put(SECRET, bench.shop.secret(await change()));
    expect(await check()).toMatchObject({ outcome: 'unreachable', mend: expect.any(String) });
    const person = await bench.shop.newPerson();
    const task = await bench.provision(person, 600);
    await runner.waitFor(({ requestId, error }) => requestId === task.requestId && JSON.stringify(error).includes('TARGET_UNREACHABLE'));
    bench.secrets.put(SECRET, bench.shop.secret());
    await bench.stage(task, 'granted');
    await bench.revoke(task);
  });
});

describe('a rotated password', () => {
  it('is fetched anew for the next task, with no restart', async () => {
    const person = await bench.shop.newPerson();
    const task = await bench.grant(person, 600);
    await bench.shop.changePassword('the next password');
    bench.secrets.put(SECRET, bench.shop.secret());
    expect((await bench.revoke(task)).evidence.proved).toBe(true);
    expect(await bench.shop.canRead(person)).toBe(false);
  });
});

describe('the state key', () => {
  it('that cannot be read stops the start, with code and mend', async () => {
    const environment = { ...bench.settings, RUNNER_STATE_KEY_SECRET_ID: 'axiom-runner/nothing' };
    const { code, stdout, stderr } = await command([], { environment });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^axiomrunner: SECRET_NOT_FOUND: .*axiom-runner\/nothing.*\n {2}\S/);
  });
});
