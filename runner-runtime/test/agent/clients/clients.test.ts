import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@axiom-runner/local-servers';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { AGENT_PROBLEMS } from '../../../../contract/agent.js';
import { until } from '../../process/support/until.js';
import { buildGoClient, clientPrograms } from './client-programs.js';
import { CANARY, ClientsHost } from './clients-host.js';
import type { RunningClient } from './running-client.js';

jest.setTimeout(120_000);

const folder = mkdtempSync(join(tmpdir(), 'axiom-clients-'));
const goProgram = join(folder, 'go-client');
const programs = clientPrograms(goProgram);
const expiredIn = (language: string) => `expired/${language}`;

let clients: ClientsHost;
beforeAll(async () => {
  clients = await ClientsHost.open(programs.map(({ language }) => expiredIn(language)));
});
afterAll(async () => {
  await clients?.close();
  rmSync(folder, { recursive: true });
});

/** Ends a client that nothing has gone wrong for. */
async function expectQuietEnd(client: RunningClient): Promise<void> {
  expect([await client.end(), client.stderr]).toEqual([0, '']);
  expect(client.output).not.toMatch(CANARY);
}

/** What a client says that has ended by itself. */
async function failureOf(client: RunningClient): Promise<string> {
  expect(await client.logIn()).toBeUndefined();
  expect(await client.end()).toBe(1);
  expect(client.output).not.toMatch(CANARY);
  expect(client.output).not.toContain(clients.token);
  return client.stderr;
}

for (const { language, command, opensSockets, missing } of programs) {
  const suite = missing === undefined ? describe : describe.skip;
  if (missing !== undefined) process.stderr.write(`SKIPPED the client in ${language}: ${missing}\n`);

  suite(`the client in ${language}`, () => {
    if (language === 'Go') {
      beforeAll(() => {
        expect(buildGoClient(goProgram)).toBe('');
      }, 300_000);
    }

    it('keeps a secret, and asks again when a login with it is refused', async () => {
      const id = `rotated/${language}`;
      await clients.create(id);
      const client = clients.start(command, id);
      expect(await client.logIn()).toMatch(`logged in with ${id} (user app, until 20`);
      expect(await client.logIn()).toMatch(/^logged in/);
      expect(await clients.deliveries(id)).toBe(1);

      await clients.rotate(id);
      expect(await client.logIn()).toMatch(/^logged in/);
      expect(await client.logIn()).toMatch(/^logged in/);
      expect([clients.login.accepted, clients.login.refused, await clients.deliveries(id)]).toEqual([4, 1, 2]);
      await expectQuietEnd(client);
    });

    it('does not keep a secret past its expires_at, and reads the token file each time', async () => {
      const id = expiredIn(language);
      await clients.create(id);
      const SEGURA_AGENT_TOKEN_FILE = join(clients.host.folder, `token-${language}`);
      writeFileSync(SEGURA_AGENT_TOKEN_FILE, `${clients.token}\n`, { mode: 0o600 });
      const client = clients.start(command, id, { SEGURA_AGENT_TOKEN_FILE });
      expect(await client.logIn()).toMatch('until 2020-01-01T00:00:00');

      await clients.rotate(id);
      writeFileSync(SEGURA_AGENT_TOKEN_FILE, `${clients.otherToken}\n`);
      expect(await client.logIn()).toMatch(/^logged in/);
      expect([clients.login.accepted, clients.login.refused, await clients.deliveries(id)]).toEqual([2, 0, 2]);
      const askers = (await clients.host.records()).filter(({ action, secret }) => action === 'deliver' && secret === id);
      expect(askers.map(({ application }) => application)).toEqual(['clients', 'others']);
      await expectQuietEnd(client);
    });

    it('does not try a refused password twice', async () => {
      const id = `refused/${language}`;
      await clients.create(id);
      clients.login.expect('another password');
      expect(await failureOf(clients.start(command, id))).toMatch('the login was refused');
      expect([clients.login.refused, await clients.deliveries(id)]).toEqual([1, 2]);
    });

    it('says what to do about a wrong token', async () => {
      const wrong = 'axa_wrong-token';
      const client = clients.start(command, 'any', { SEGURA_AGENT_TOKEN: wrong });
      const { meaning = '', mend = '' } = AGENT_PROBLEMS.find(({ code }) => code === 'TOKEN_INVALID') ?? {};
      expect(await failureOf(client)).toBe(`TOKEN_INVALID: ${meaning}\n  ${mend}\n`);
    });

    it('waits for the seconds of Retry-After', async () => {
      const id = `throttled/${language}`;
      await clients.create(id);
      clients.host.front.state = 'throttling';
      const client = clients.start(command, id);
      const loggedIn = client.logIn();
      try {
        await until('the agent is throttled', () => clients.noted(id, 'VAULT_UNAVAILABLE'));
      } finally {
        clients.host.front.state = 'ok';
      }
      expect(await loggedIn).toMatch(/^logged in/);
      await expectQuietEnd(client);
    });

    it(opensSockets ? 'asks over the socket, where it needs no token' : 'says that it opens no socket', async () => {
      const id = `socket/${language}`;
      await clients.create(id);
      const client = clients.start(command, id, { SEGURA_AGENT_ADDRESS: clients.socket });
      if (!opensSockets) {
        expect(await failureOf(client)).toMatch('write http://localhost:8787');
        return;
      }
      expect(await client.logIn()).toMatch(/^logged in/);
      await expectQuietEnd(client);
    });

    it('fails when no agent answers, and when the way to it leads through a network unencrypted', async () => {
      const nowhere = { SEGURA_AGENT_TOKEN: clients.token, SEGURA_AGENT_ADDRESS: `http://127.0.0.1:${await freePort()}` };
      expect(await failureOf(clients.start(command, 'any', nowhere))).toMatch(/./);
      const afar = { SEGURA_AGENT_TOKEN: clients.token, SEGURA_AGENT_ADDRESS: 'http://agent.example.com:8787' };
      expect(await failureOf(clients.start(command, 'any', afar))).toMatch('use https://');
    });

    it('takes no answer of something else for a secret', async () => {
      const elsewhere = { SEGURA_AGENT_TOKEN: clients.token, SEGURA_AGENT_ADDRESS: clients.login.url.replace(/\/$/, '') };
      expect(await failureOf(clients.start(command, 'any', elsewhere))).toMatch(/is no secret agent\n$/);
    });

    if (language === 'shell') {
      it('puts nothing secret into the arguments of a program', () => {
        expect(clients.argumentsSeen()).toMatch(/^curl .*--header @- .*\/secret\/rotated\/shell$/m);
        expect(clients.argumentsSeen()).not.toMatch(CANARY);
        expect(clients.argumentsSeen()).not.toContain(clients.token);
      });
    }
  });
}
