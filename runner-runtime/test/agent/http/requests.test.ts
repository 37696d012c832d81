import { AGENT_PROBLEMS } from '../../../../contract/agent.js';
import { openedAgent } from '../support/opened-agent.js';

let agent: Awaited<ReturnType<typeof openedAgent>>;
const get = (path: string, token = 'billing-token', init: RequestInit = {}) =>
  fetch(`${agent.url}${path}`, { headers: { authorization: `Bearer ${token}` }, ...init });
const codeOf = async (response: Response) => ((await response.json()) as { code: string }).code;

beforeEach(async () => {
  agent = await openedAgent();
  agent.vault.put('db-production', 'pass');
});
afterEach(() => agent.close());

describe('GET /secret/<id>', () => {
  it('answers with exactly the published keys in their order, once as JSON and never to be stored', async () => {
    const response = await get('/secret/db-production');
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await response.text()).toBe(
      '{"secret_id":"db-production","username":"user","password":"pass","expires_at":"2026-01-01T00:05:00Z"}',
    );
  });

  it('takes ids with slashes as they are', async () => {
    agent.vault.put('reports/2026/q1', 'pass');
    expect((await get('/secret/reports/2026/q1', 'reports-token')).status).toBe(200);
  });

  it('marks an answer that is older than its TTL', async () => {
    await agent.close();
    agent = await openedAgent({ settings: { cache: { ttl: 10, stale_if_error: 60 } } });
    agent.vault.put('db-production', 'pass');
    expect((await get('/secret/db-production')).headers.get('axiom-stale')).toBeNull();
    agent.vault.fail('SECRET_STORE_UNAVAILABLE');
    agent.clock.pass(30);
    const response = await get('/secret/db-production');
    expect([response.status, response.headers.get('axiom-stale')]).toEqual([200, '30']);
    expect(agent.trail.events.at(-1)).toMatchObject({ action: 'deliver', source: 'stale' });
  });

  it('records each delivery before it leaves: who, what, which version, from where', async () => {
    await get('/secret/db-production');
    await get('/secret/db-production');
    expect(agent.trail.story).toEqual(['fetch ok', 'deliver ok', 'deliver ok']);
    expect(agent.trail.events.map(({ source }) => source)).toEqual(['vault', 'vault', 'cache']);
    expect(agent.trail.events[2]).toMatchObject({
      application: 'billing',
      secret: 'db-production',
      version: 'v-pass',
      peer: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
    });
  });

  it('delivers nothing that cannot be recorded', async () => {
    await get('/secret/db-production');
    agent.trail.refuse();
    const response = await get('/secret/db-production');
    const body = await response.text();
    expect([response.status, body.includes('pass')]).toEqual([503, false]);
    expect(body).toContain('AUDIT_UNAVAILABLE');
    agent.trail.accept();
    expect((await get('/secret/db-production')).status).toBe(200);
  });
});

describe('HEAD /secret/<id>', () => {
  it('tells whether the secret can be had, and nothing of it, not even its length', async () => {
    const response = await get('/secret/db-production', 'billing-token', {
      method: 'HEAD',
      headers: { authorization: 'Bearer billing-token' },
    });
    expect([response.status, response.headers.get('content-length'), await response.text()]).toEqual([200, null, '']);
    expect(agent.trail.events.at(-1)).toMatchObject({ action: 'deliver', outcome: 'headers' });
  });
});

describe('GET /healthz', () => {
  it('needs no token and tells whether secrets can be delivered', async () => {
    expect(await (await fetch(`${agent.url}/healthz`)).json()).toEqual({ status: 'ok' });
    agent.trail.refuse();
    const failing = await fetch(`${agent.url}/healthz`);
    expect([failing.status, await failing.json()]).toEqual([503, { status: 'failing', problem: 'AUDIT_UNAVAILABLE' }]);
  });
});

describe('a refusal', () => {
  it.each([
    ['without a token', '/secret/db-production', { headers: {} }, 401, 'TOKEN_MISSING'],
    ['of a wrong token', '/secret/db-production', { headers: { authorization: 'Bearer nobody' } }, 401, 'TOKEN_INVALID'],
    ['of a secret that the application may not have', '/secret/other', undefined, 403, 'SECRET_NOT_ALLOWED'],
    ['of another path', '/secrets', undefined, 404, 'PATH_NOT_FOUND'],
    [
      'of another method',
      '/secret/db-production',
      { method: 'DELETE', headers: { authorization: 'Bearer billing-token' } },
      405,
      'METHOD_NOT_ALLOWED',
    ],
    ['of an id that is none', '/secret/', undefined, 400, 'REQUEST_INVALID'],
  ])('%s is a problem document with a code and a mend', async (_, path, init, status, code) => {
    const response = await get(path, 'billing-token', init ?? {});
    expect([response.status, response.headers.get('content-type')]).toEqual([status, 'application/problem+json']);
    expect(await response.json()).toEqual({
      type: 'about:blank',
      title: code,
      status,
      code,
      detail: expect.any(String),
      mend: expect.any(String),
    });
  });

  it.each([
    ['SECRET_NOT_FOUND', 404, 'SECRET_NOT_FOUND'],
    ['SECRET_ACCESS_DENIED', 502, 'VAULT_DENIED'],
    ['SECRET_MALFORMED', 502, 'SECRET_MALFORMED'],
    ['SECRET_STORE_UNAVAILABLE', 503, 'VAULT_UNAVAILABLE'],
    ['INTERNAL', 500, 'AGENT_FAILED'],
  ] as const)('of the vault (%s) is answered with %d and recorded', async (fault, status, code) => {
    agent.vault.fail(fault);
    const response = await get('/secret/db-production');
    expect([response.status, await codeOf(response)]).toEqual([status, code]);
    expect(response.headers.get('retry-after')).toBe(code === 'VAULT_UNAVAILABLE' ? '1' : null);
    expect(agent.trail.events.at(-1)).toMatchObject({ action: 'error', application: 'billing', outcome: code });
  });

  it('of a secret that may not be had tells nobody whether it exists', async () => {
    agent.vault.put('other', 'pass');
    const bodies = [await (await get('/secret/other')).text(), await (await get('/secret/no-such')).text()];
    expect(bodies[0]).toBe(bodies[1]);
    expect(agent.vault.asked).toEqual([]);
  });

  it('says 429 to an application that asks too often, and to nobody else', async () => {
    await agent.close();
    agent = await openedAgent({ settings: { limits: { requests_per_second: 2 } } });
    agent.vault.put('db-production', 'pass');
    const statuses = [];
    for (let index = 0; index < 3; index += 1) statuses.push((await get('/secret/db-production')).status);
    expect(statuses).toEqual([200, 200, 429]);
    expect((await get('/secret/reports/x', 'reports-token')).status).toBe(404);
    agent.clock.pass(1);
    expect((await get('/secret/db-production')).status).toBe(200);
  });

  it('of an application that asks too often is counted rather than written out', async () => {
    await agent.close();
    agent = await openedAgent({ settings: { limits: { requests_per_second: 2 } } });
    agent.vault.put('db-production', 'pass');
    for (let index = 0; index < 10; index += 1) await get(index % 2 === 0 ? '/secret/db-production' : '/secret/other');
    agent.deliveries.close();
    expect(agent.trail.story).toEqual(['fetch ok', 'deliver ok', 'error SECRET_NOT_ALLOWED', 'error TOO_MANY_REQUESTS']);
    expect(agent.trail.events.at(-1)).toMatchObject({ application: 'billing', count: 8 });
  });

  it('of many wrong tokens is counted rather than written out, so that nobody drives older records out of the trail', async () => {
    await agent.close();
    agent = await openedAgent({ settings: { limits: { wrong_tokens_per_second: 3 } } });
    agent.vault.put('db-production', 'pass');
    const statuses = [];
    for (let index = 0; index < 6; index += 1) statuses.push((await get('/secret/db-production', `guess-${index}`)).status);
    expect(statuses).toEqual([401, 401, 401, 429, 429, 429]);
    expect((await get('/secret/db-production')).status).toBe(200);
    agent.deliveries.close();
    expect(agent.trail.events.filter(({ outcome }) => outcome === 'TOKEN_INVALID')).toHaveLength(3);
    expect(agent.trail.events.at(-1)).toMatchObject({ action: 'error', outcome: 'TOO_MANY_REQUESTS', count: 3 });
  });
});

it('has a status and a mend for every code of the contract', () => {
  for (const { code, status, mend } of AGENT_PROBLEMS)
    expect([code, status >= 400 && status < 600, mend.length > 0]).toEqual([code, true, true]);
});
