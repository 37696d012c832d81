import { newRecipient, type RecipientKeyPair, verificationKeySet } from '@axiom-runner/control-plane';
import { ATTESTATION_TYPE, openCredential, type Principal, recipientThumbprint } from '@axiom-runner/protocol';
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Bench, ORDERS, provisioning, SYSTEM } from './support/bench.js';
import { type Claims, claims, endOf, newSigner, run, type Signer } from './support/tasks.js';

jest.setTimeout(90_000);

/** The runner may touch it, but its secret is not there: whoever reads the secret says SECRET_NOT_FOUND. */
const WITHOUT_SECRET = { type: 'postgresql', id: 'no-secret.example.com' };

let bench: Bench;
let signer: Signer;
/** Signs keys of recipients. */
let issuer: Signer;
let listed: RecipientKeyPair;
let alice: Principal;
beforeAll(async () => {
  bench = await Bench.open();
  [signer, issuer, listed] = await Promise.all([newSigner(), newSigner(), newRecipient()]);
  const { keys } = await verificationKeySet(bench.home);
  await bench.startRunner({
    AXIOM_TASK_VERIFICATION_KEY: JSON.stringify({ keys: [...keys, signer.publicJwk] }),
    RUNNER_MAX_DURATION: '1h',
    RUNNER_RECIPIENT_KEYS: JSON.stringify({
      keys: [
        { ...listed.publicJwk, use: 'enc' },
        { ...issuer.publicJwk, use: 'sig' },
      ],
    }),
    RUNNER_ALLOWED: 'postgresql/127.0.0.1,postgresql/no-secret.example.com',
  });
  alice = await bench.shop.newPerson();
});
afterAll(() => bench?.close());

let requestId: string;
beforeEach(() => {
  requestId = `request-${crypto.randomUUID()}`;
});

const wish = (changes: object = {}) => ({ ...provisioning(alice, 600), system: WITHOUT_SECRET, ...changes });
const now = () => Math.floor(Date.now() / 1000);

describe('a task that is not what it should be is refused before any secret is read', () => {
  it('counts as read when the task is well and only the secret is missing', async () => {
    const end = await run(bench, 'ProvisionAccess', requestId, await signer.sign(claims(bench, requestId, wish())));
    expect(end.code).toBe('SECRET_NOT_FOUND');
  });

  it.each<[string, RegExp, () => Claims]>([
    ['expired', /expired 640 seconds ago/, () => ({ iat: now() - 700, exp: now() - 640 })],
    ['of the future', /in the future/, () => ({ iat: now() + 400, exp: now() + 460 })],
    ['valid for too long', /valid for 1 to 300 seconds/, () => ({ exp: now() + 3_000 })],
    ['valid for less than nothing', /valid for 1 to 300 seconds/, () => ({ exp: now() - 1 })],
    ['for another group', /another tenant or runner group/, () => ({ aud: 'acme/other' })],
    ['for another tenant', /another tenant or runner group/, () => ({ aud: `other/${bench.group.id}` })],
    ['of another request', /another request/, () => ({ jti: `${requestId}-2` })],
    ['of another version', /schemaVersion/, () => ({ schemaVersion: 2 })],
    ['with a claim that nobody knows', /malformed/, () => ({ admin: true })],
  ])('%s', async (_, message, changes) => {
    const envelope = await signer.sign(claims(bench, requestId, wish(), changes()));
    expect(await run(bench, 'ProvisionAccess', requestId, envelope)).toEqual({
      code: 'TASK_REJECTED',
      message: expect.stringMatching(message),
    });
  });

  it.each<[string, RegExp, () => Promise<unknown>]>([
    ['unsigned', /not signed/, async () => ({ schemaVersion: 1, task: claims(bench, requestId, wish()) })],
    ['signed by somebody else', /signature/, async () => (await newSigner()).sign(claims(bench, requestId, wish()))],
    ['signed as something else', /signature/, () => signer.sign(claims(bench, requestId, wish()), { typ: 'JWT' })],
    ['altered after it was signed', /signature/, async () => altered(await signer.sign(claims(bench, requestId, wish())))],
    ['unsecured', /signature/, async () => ({ schemaVersion: 1, jws: unsecured(claims(bench, requestId, wish())) })],
    ['signed, but no JSON', /not JSON/, () => signer.sign('{"jti":')],
    ['nothing', /malformed/, async () => undefined],
    ['null', /malformed/, async () => null],
    ['a list', /malformed/, async () => []],
    ['60 KB of junk', /malformed/, async () => 'x'.repeat(60_000)],
    ['60 KB of junk in place of a signature', /signature/, async () => ({ schemaVersion: 1, jws: '.'.repeat(60_000) })],
    ['70 KB', /more than 65536 bytes/, async () => 'x'.repeat(70_000)],
    ['nested deeply', /malformed/, () => signer.sign(`${'['.repeat(20_000)}${']'.repeat(20_000)}`)],
    ['a name that is half a character', /malformed/, () => signer.sign(claims(bench, requestId, wish({ permission: '\ud800' })))],
    ['a name with a NUL', /malformed/, () => signer.sign(claims(bench, requestId, wish({ permission: 'Read\0' })))],
    ['a duration of nothing', /durationSeconds/, () => signer.sign(claims(bench, requestId, wish({ durationSeconds: 0 })))],
    ['a negative duration', /durationSeconds/, () => signer.sign(claims(bench, requestId, wish({ durationSeconds: -60 })))],
    ['a fraction of a second', /durationSeconds/, () => signer.sign(claims(bench, requestId, wish({ durationSeconds: 0.5 })))],
    ['a system of no known type', /system.type/, () => signer.sign(claims(bench, requestId, wish({ system: { type: 'x', id: 'y' } })))],
    ['a way out of the prefix', /system.id/, () => signer.sign(claims(bench, requestId, wish({ system: { ...SYSTEM, id: '../../key' } })))],
  ])('%s', async (_, message, envelope) => {
    expect(await run(bench, 'ProvisionAccess', requestId, await envelope())).toEqual({
      code: 'TASK_REJECTED',
      message: expect.stringMatching(message),
    });
  });

  it.each(['TestConnection', 'CollectData', 'SweepOrphans', 'DispenseCredential'])('started as %s', async (type) => {
    const end = await run(bench, type, requestId, await signer.sign(claims(bench, requestId, wish())));
    const message = type === 'DispenseCredential' ? '' : expect.stringMatching(/The task is ProvisionAccess, but was started as/);
    // Both access tasks have one life; what is done follows the signed task, not the name that it was started under.
    expect(end).toEqual(
      type === 'DispenseCredential' ? expect.objectContaining({ code: 'SECRET_NOT_FOUND' }) : { code: 'TASK_REJECTED', message },
    );
  });

  it.each<[string, string, object]>([
    ['longer than RUNNER_MAX_DURATION', 'this runner allows 3600 s', { durationSeconds: 3601 }],
    ['of a system that RUNNER_ALLOWED does not list', 'does not let tasks touch', { system: { type: 'postgresql', id: 'other' } }],
  ])('%s is against the policy', async (_, message, changes) => {
    const end = await run(bench, 'ProvisionAccess', requestId, await signer.sign(claims(bench, requestId, wish(changes))));
    expect(end).toEqual({ code: 'POLICY_DENIED', message: expect.stringContaining(message) });
  });
});

describe('a task that asks for what does not exist', () => {
  it.each<[string, string, object]>([
    ['target', 'TARGET_NOT_FOUND', { target: { ...ORDERS, path: ['shop', 'public', 'nothing'] } }],
    ['database', 'TARGET_NOT_FOUND', { target: { ...ORDERS, path: ['nothing', 'public', 'orders'] } }],
    ['permission', 'PERMISSION_NOT_FOUND', { permission: 'Everything' }],
    ['principal', 'PRINCIPAL_NOT_FOUND', { principal: { kind: 'role', id: 'nobody' } }],
  ])('a %s: %s', async (_, code, changes) => {
    const envelope = await signer.sign(claims(bench, requestId, wish({ system: SYSTEM, ...changes })));
    expect((await run(bench, 'ProvisionAccess', requestId, envelope)).code).toBe(code);
  });
});

describe('a credential', () => {
  const dispense = async (recipient: object | undefined, system: object = SYSTEM) => {
    const { principal: _, ...body } = wish({ type: 'DispenseCredential', system, recipient });
    return signer.sign(claims(bench, requestId, body));
  };

  it.each<[string, string, () => Promise<object | undefined>]>([
    ['without a recipient', 'TASK_REJECTED', async () => undefined],
    ['to a key of another list', 'POLICY_DENIED', async () => ({ jwk: (await newRecipient()).publicJwk })],
    ['to a key that nobody listed attests', 'POLICY_DENIED', async () => attested(await newSigner(), await newRecipient())],
    [
      'to a key other than the attested',
      'POLICY_DENIED',
      async () => ({ ...(await attested(issuer, listed)), jwk: (await newRecipient()).publicJwk }),
    ],
    ['to a key whose attestation has ended', 'POLICY_DENIED', async () => attested(issuer, await newRecipient(), { exp: now() - 1 })],
    ['to a key with an attestation for ever', 'POLICY_DENIED', async () => attested(issuer, await newRecipient(), { exp: undefined })],
    ['to a key with a token of another kind', 'POLICY_DENIED', async () => attested(issuer, await newRecipient(), {}, 'JWT')],
    ['to a private key', 'TASK_REJECTED', async () => ({ jwk: listed.privateJwk })],
    ['to an RSA key', 'TASK_REJECTED', async () => ({ jwk: { kty: 'RSA', n: 'x'.repeat(342), e: 'AQAB' } })],
    [
      'to a key on a weak curve',
      'TASK_REJECTED',
      async () => ({ jwk: { kty: 'EC', crv: 'secp256k1', x: 'A'.repeat(43), y: 'A'.repeat(43) } }),
    ],
    ['to a point that is not on its curve', 'TASK_REJECTED', async () => offCurve()],
  ])('%s is refused before the secret is read', async (_, code, recipient) => {
    expect(await run(bench, 'DispenseCredential', requestId, await dispense(await recipient(), WITHOUT_SECRET))).toMatchObject({ code });
  });

  it('is sealed to the listed key, and to an attested one', async () => {
    const fresh = await newRecipient();
    for (const [id, recipient, privateJwk] of [
      [`${requestId}-1`, { jwk: listed.publicJwk }, listed.privateJwk],
      [`${requestId}-2`, await attested(issuer, fresh), fresh.privateJwk],
    ] as const) {
      requestId = id;
      await bench.link.client.workflow.start('DispenseCredential', {
        taskQueue: bench.group.id,
        workflowId: id,
        args: [await dispense(recipient)],
      });
      const task = { requestId, runId: '', group: bench.group };
      const { sealedCredential = '', access } = await bench.stage(task, 'granted');
      const { values } = await openCredential(sealedCredential, privateJwk);
      expect(await bench.shop.canRead(access.principal, values['password'])).toBe(true);
      await bench.revoke(task);
      expect(await bench.shop.canRead(access.principal, values['password'])).toBe(false);
    }
  });

  /** RFC 7800: the issuer confirms the key by its thumbprint. */
  async function attested(
    by: Signer,
    { publicJwk }: RecipientKeyPair,
    more: object = {},
    typ = ATTESTATION_TYPE,
  ): Promise<{ jwk: object; attestation: string }> {
    const { jws } = await by.sign({ cnf: { jkt: await recipientThumbprint(publicJwk) }, exp: now() + 60, ...more }, { typ });
    return { jwk: publicJwk, attestation: jws };
  }

  /** Attested, so that only its own shape can be the reason. */
  async function offCurve(): Promise<object> {
    const publicJwk = { kty: 'EC', crv: 'P-256', x: 'A'.repeat(43), y: 'A'.repeat(43) } as const;
    return attested(issuer, { publicJwk, privateJwk: {} });
  }
});

describe('a replay', () => {
  it('of a revoked request within its own validity is refused by the tombstone, and gives no access', async () => {
    const { client } = bench.link;
    const envelope = await signer.sign(claims(bench, requestId, provisioning(alice, 600)));
    const task = { requestId, runId: '', group: bench.group };
    const first = client.workflow.execute('ProvisionAccess', { taskQueue: bench.group.id, workflowId: requestId, args: [envelope] });
    await bench.stage(task, 'granted');
    expect(await bench.shop.canRead(alice)).toBe(true);
    await bench.revoke(task);
    await first;
    expect(await run(bench, 'ProvisionAccess', requestId, envelope)).toMatchObject({ code: 'TASK_REJECTED' });
    expect(await bench.shop.canRead(alice)).toBe(false);
    expect(await bench.shop.leftovers()).toEqual([]);
  });
});

describe('poisoned tasks', () => {
  it('fail alone while another task succeeds', async () => {
    const poison = await Promise.all([
      signer.sign(claims(bench, 'poison-1', wish({ justification: '\ud800'.repeat(2000) }))),
      signer.sign('['.repeat(40_000)),
      { schemaVersion: 1, task: { toString: 'x', __proto__: null } },
      'x'.repeat(1_000_000),
    ]);
    const ends = poison.map((input, index) =>
      endOf(
        bench.link.client.workflow.execute('ProvisionAccess', { taskQueue: bench.group.id, workflowId: `poison-${index}`, args: [input] }),
      ),
    );
    const bob = await bench.shop.newPerson();
    const task = await bench.grant(bob, 600);
    expect(await bench.shop.canRead(bob)).toBe(true);
    await bench.revoke(task);
    expect((await Promise.all(ends)).map(({ code }) => code)).toEqual(poison.map(() => 'TASK_REJECTED'));
  });
});

function altered({ schemaVersion, jws }: { schemaVersion: number; jws: string }): object {
  const [header, payload = '', signature] = jws.split('.');
  const more = Buffer.from(payload, 'base64url').toString('utf8').replace('"durationSeconds":600', '"durationSeconds":700');
  return { schemaVersion, jws: [header, Buffer.from(more).toString('base64url'), signature].join('.') };
}

/** RFC 7519 6. */
function unsecured(task: Claims): string {
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${encode({ alg: 'none', typ: 'axiom-task+jws' })}.${encode(task)}.`;
}
