import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { asRoot } from '../../secrets/aws-account.js';
import type { Outcome } from '../support/command.js';
import { until } from '../support/until.js';
import { AgentHost, type AgentProcess } from './support/agent-host.js';
import { ask, askSecret } from './support/ask.js';
import { commandLines, environmentOf, filesBelow, findLeaks, type Scanned } from './support/leaks.js';

jest.setTimeout(120_000);

/** With characters that shells, JSON, URLs and YAML each write in their own way. */
const canary = (name: string) => `canary-${name}-${crypto.randomUUID()} "$HOME" '%41\\é`;
const canaries = { first: canary('first'), second: canary('second'), malformed: canary('malformed'), words: canary('words') };
const PLAIN = `canary-plain-${crypto.randomUUID()}`;

let host: AgentHost;
let agent: AgentProcess;
let token: string;
let revoked: string;
/** What may hold no value: all that was written where nobody asked for one. */
const scanned: Scanned[] = [];
const keep = (place: string, { stdout, stderr }: Outcome) =>
  scanned.push({ place: `${place} stdout`, text: stdout }, { place: `${place} stderr`, text: stderr });

beforeAll(async () => {
  host = await AgentHost.open();
  await host.create('db-production', canaries.first);
  await host.create('plain', PLAIN);
  await asRoot(host.emulator, 'CreateSecret', {
    Name: 'malformed',
    SecretString: `{"username": "app", "password": "${canaries.malformed}`,
  });
  const command = join(host.folder, 'reload.sh');
  // It prints what it must not, in clear and encoded, and fails at the second value.
  writeFileSync(
    command,
    `echo "$SECRET_PASSWORD"; printf %s "$SECRET_PASSWORD" | base64 -w0 >&2; case "$SECRET_PASSWORD" in canary-second*) exit 3;; esac\n`,
  );
  host.configure({
    cache: { ttl: 1 },
    log_level: 'trace',
    rotation: {
      hooks: [
        {
          name: 'web',
          secrets: ['db-production'],
          file: { path: join(host.folder, 'hook-file'), template: 'password={{password}}\n' },
          command: { run: ['sh', command] },
        },
      ],
    },
  });
  token = await host.addApplication('shop', ['db-production', 'plain', 'malformed', 'none']);
  revoked = await host.addApplication('gone', ['*']);
  keep('app revoke', await host.run('agent', 'app', 'revoke', 'gone', '--config', host.config));
  agent = await host.start();
  await until('the hook has the first value', () => agent.output().includes('a secret was delivered to a hook'));
});
afterAll(() => host?.close());

describe('a value of a secret', () => {
  beforeEach(() => host.front.release());

  it('is in the outputs that were asked for it', async () => {
    expect(readFileSync(join(host.folder, 'hook-file'), 'utf8')).toBe(`password=${canaries.first}\n`);
    const field = await host.getSecret(agent.address, token, '--id', 'db-production', '--field', 'password');
    expect(field).toEqual({ code: 0, stdout: `${canaries.first}\n`, stderr: '' });
    const json = await host.getSecret(agent.address, token, '--id', 'db-production');
    expect(JSON.parse(json.stdout)).toMatchObject({ password: canaries.first });
    const env = await host.getSecret(agent.address, token, '--id', 'db-production', '--format', 'env');
    const dotenv = await host.getSecret(agent.address, token, '--id', 'plain', '--format', 'dotenv');
    expect([env.stdout, dotenv.stdout]).toEqual([
      expect.stringContaining('canary-first-'),
      expect.stringContaining(`SECRET_PASSWORD=${PLAIN}\n`),
    ]);
    for (const { code, stderr } of [json, env, dotenv]) expect([code, stderr]).toEqual([0, '']);
  });

  it('is in the environment of the command that it is handed to, and in no command line or environment beside', async () => {
    const [held, go] = [join(host.folder, 'held'), join(host.folder, 'go')];
    const script = `test "$SECRET_PASSWORD" = "$(cat '${held}.expected')" && test -z "$SEGURA_AGENT_TOKEN" && echo $$ > '${held}.new' && mv '${held}.new' '${held}'; until test -e '${go}'; do sleep 0.05; done`;
    writeFileSync(`${held}.expected`, PLAIN);
    const ran = host.getSecret(agent.address, token, '--id', 'plain', '--exec', '--', 'sh', '-c', script);
    const pid = await until('the command runs with the secret', () => filesBelow(host.folder).find(({ place }) => place === held)?.text);
    scanned.push(...commandLines(), ...environmentOf(agent.pid));
    expect(environmentOf(Number(pid))[0]?.text).toContain(PLAIN);
    writeFileSync(go, '');
    expect(await ran).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  it('is in no refusal, and in no record or status', async () => {
    const { address } = agent;
    const refusals = [
      await askSecret(address, 'db-production', { token: revoked }),
      await askSecret(address, 'db-production', {}),
      await askSecret(address, 'other', { token }),
      await askSecret(address, 'none', { token }),
      await askSecret(address, 'malformed', { token }),
      await ask(address, `/secret/${token}`, { token }),
      await ask(address, '/secret/db-production', { token, method: 'POST' }),
    ];
    expect(refusals.map(({ status }) => status)).toEqual([401, 401, 403, 404, 502, 400, 405]);
    scanned.push(...refusals.map(({ body, headers }, index) => ({ place: `refusal ${index}`, text: body + JSON.stringify(headers) })));
    const head = await ask(address, '/secret/plain', { token, method: 'HEAD' });
    expect(head.status).toBe(200);
    scanned.push({ place: 'HEAD', text: head.body + JSON.stringify(head.headers) });
    for (const id of ['none', 'malformed', 'other']) keep(`get-secret ${id}`, await host.getSecret(address, token, '--id', id));
    keep('get-secret with a wrong token', await host.getSecret(address, revoked, '--id', 'plain'));
    keep('get-secret with a wrong option', await host.getSecret(address, token, '--id', 'plain', '--field', 'nothing'));
    for (const args of [
      ['agent', 'status'],
      ['agent', 'status', '--json'],
      ['agent', 'app', 'list'],
      ['agent', 'app', 'list', '--json'],
      ['audit', 'show'],
      ['audit', 'show', '--json'],
      ['audit', 'tail'],
      ['audit', 'verify'],
    ]) {
      keep(args.join(' '), await host.run(...args, '--config', host.config));
    }
  });

  it('is in nothing that is said of a vault that fails, a hook that fails, or an end', async () => {
    host.front.words = canaries.words;
    for (const state of ['denied', 'throttling', 'down'] as const) {
      host.front.state = state;
      const reply = await until(`the vault is ${state}`, async () => {
        const { status, body } = await askSecret(agent.address, 'plain', { token });
        return status === 200 ? undefined : { place: state, text: body };
      });
      scanned.push(reply);
      keep(`get-secret ${state}`, await host.getSecret(agent.address, token, '--id', 'plain'));
      keep(`status ${state}`, await host.run('agent', 'status', '--config', host.config));
    }
    host.front.release();
    await host.rotate('db-production', canaries.second);
    process.kill(agent.pid, 'SIGHUP');
    await agent.waitFor(({ message }) => message === 'a hook failed and was rolled back');
    expect(readFileSync(join(host.folder, 'hook-file'), 'utf8')).toBe(`password=${canaries.first}\n`);
    expect(await agent.stop()).toBe(0);
    scanned.push(...filesBelow(host.state), { place: 'log', text: agent.output() });
    // What it looks into is not empty.
    expect(agent.records()).toContainEqual(expect.objectContaining({ status: 3, stdout: '[redacted]\n', stderr: '[redacted]' }));
    expect(scanned.map(({ place }) => place)).toContainEqual(expect.stringMatching(/state\/audit\/audit-\d+\.jsonl$/));
    expect(findLeaks([PLAIN, ...Object.values(canaries)], scanned)).toEqual([]);
  });

  it('would be found there, whatever it is written as', () => {
    const [value, ...spelt] = [
      canaries.first,
      encodeURIComponent(canaries.first),
      JSON.stringify(canaries.first),
      Buffer.from(`x${canaries.first}`).toString('base64'),
    ];
    expect([value, ...spelt].map((text) => findLeaks([value], [{ place: 'log', text }]).length > 0)).toEqual([true, true, true, true]);
  });
});

describe('a token', () => {
  it('is where its application has it, and nowhere else', () => {
    expect(findLeaks([token, revoked], scanned)).toEqual([]);
  });
});
