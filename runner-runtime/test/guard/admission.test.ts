import {
  ATTESTATION_TYPE,
  type Envelope,
  plainTask,
  type RecipientJwk,
  recipientJwkSchema,
  recipientThumbprint,
  signTask,
  type Task,
  type TaskType,
} from '@axiom-runner/protocol';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { CompactSign, type CryptoKey, exportJWK, generateKeyPair, type JWK } from 'jose';
import { parseAllowedEntry } from '../../src/config/allowed-entries.js';
import { RunnerError } from '../../src/errors.js';
import { Guard, type GuardRules } from '../../src/guard/admission.js';
import type { PolicyQuestion } from '../../src/guard/policy.js';
import { aTask, GROUP, NOW, provision, SYSTEM, testConnection } from './builders.js';

const ALL: readonly TaskType[] = ['TestConnection', 'CollectData', 'ProvisionAccess', 'DispenseCredential', 'SweepOrphans', 'ExtendAccess'];
const RULES: GuardRules = {
  ...GROUP,
  verificationKeys: undefined,
  recipientKeys: undefined,
  allowed: undefined,
  maxDurationSeconds: 8 * 3600,
  policy: undefined,
};
const aGuard = (rules: Partial<GuardRules> = {}, seconds = NOW) => new Guard({ ...RULES, ...rules }, () => seconds * 1000 + 999);
const allowed = (...entries: string[]) => entries.flatMap((entry) => parseAllowedEntry(entry) ?? []);

/** `accepted`, or the code and message of the refusal. */
async function verdict(
  envelope: unknown,
  { rules = {}, seconds = NOW, workflowId = 'request-1', types = ALL }: Partial<Circumstances> = {},
): Promise<string> {
  try {
    await aGuard(rules, seconds).accept(envelope, workflowId, types);
    return 'accepted';
  } catch (error) {
    if (error instanceof RunnerError) return `${error.code}: ${error.message}`;
    throw error;
  }
}
interface Circumstances {
  readonly rules: Partial<GuardRules>;
  readonly seconds: number;
  readonly workflowId: string;
  readonly types: readonly TaskType[];
}

describe('the guard', () => {
  const plain = (task: Task) => plainTask(task);

  it('accepts a task of its group and gives it back', async () => {
    const task = aTask(provision());
    expect(await aGuard().accept(plainTask(task), 'request-1', ['ProvisionAccess'])).toEqual(task);
  });

  it.each([
    ['another tenant', { aud: 'other/group-1' }],
    ['another group', { aud: 'acme/group-2' }],
  ])('refuses a task for %s', async (_, changes) => {
    expect(await verdict(plain(aTask(testConnection, changes)))).toMatch(/^TASK_REJECTED: .* another tenant or runner group/);
  });

  it('refuses what is no task', async () => {
    for (const envelope of [undefined, null, {}, 'task', { schemaVersion: 1, task: {} }]) {
      expect(await verdict(envelope)).toMatch(/^TASK_REJECTED: .* malformed/);
    }
  });

  it('refuses a task in a workflow of another request', async () => {
    expect(await verdict(plain(aTask(testConnection)), { workflowId: 'request-2' })).toMatch(/^TASK_REJECTED: .* another request/);
  });

  it('refuses a task in a workflow of another type', async () => {
    const verdictOfType = await verdict(plain(aTask(provision())), { types: ['TestConnection', 'CollectData'] });
    expect(verdictOfType).toBe('TASK_REJECTED: The task is ProvisionAccess, but was started as TestConnection or CollectData.');
  });

  it.each([
    ['expired', NOW + 601],
    ['in the future', NOW - 301],
  ])('refuses a task that is %s', async (words, seconds) => {
    expect(await verdict(plain(aTask(testConnection)), { seconds })).toMatch(new RegExp(`^TASK_REJECTED: .*${words}`));
  });

  it('refuses a task that is valid for longer than five minutes', async () => {
    expect(await verdict(plain(aTask(testConnection, { exp: NOW + 3600 })))).toMatch(/^TASK_REJECTED: .*1 to 300 seconds/);
  });

  it('recognises a task that was accepted in time at any later time, and checks everything else again', async () => {
    const later = aGuard({ allowed: allowed('mysql/db') }, NOW + 86_400);
    const envelope = plainTask(aTask(provision()));
    expect((await aGuard({}, NOW + 86_400).recognise(envelope, 'request-1', ['ProvisionAccess'])).jti).toBe('request-1');
    await expect(later.recognise(envelope, 'request-1', ['ProvisionAccess'])).rejects.toMatchObject({ code: 'POLICY_DENIED' });
    await expect(aGuard().recognise(envelope, 'request-2', ['ProvisionAccess'])).rejects.toMatchObject({ code: 'TASK_REJECTED' });
  });

  it('takes an extension in the workflow of the access, whatever its own id', async () => {
    const extension = aTask(
      { type: 'ExtendAccess', accessRequestId: 'request-1', system: SYSTEM, expiresAt: NOW + 60 },
      { jti: 'request-9' },
    );
    expect(await verdict(plain(extension))).toBe('accepted');
    expect(await verdict(plain(extension), { workflowId: 'request-9' })).toMatch(/^TASK_REJECTED/);
  });

  it('refuses an access that is longer than this runner allows', async () => {
    const eightHours = plain(aTask(provision({ durationSeconds: 8 * 3600 })));
    const more = plain(aTask(provision({ durationSeconds: 8 * 3600 + 1 })));
    expect(await verdict(eightHours)).toBe('accepted');
    expect(await verdict(more)).toBe('POLICY_DENIED: The access would last 28801 s; this runner allows 28800 s.');
  });

  it('refuses a system or permission that RUNNER_ALLOWED does not name', async () => {
    const task = plain(aTask(provision()));
    expect(await verdict(task, { rules: { allowed: allowed('postgresql/db.example.com:read') } })).toBe('accepted');
    expect(await verdict(task, { rules: { allowed: allowed('postgresql/db.example.com:write') } })).toBe(
      'POLICY_DENIED: RUNNER_ALLOWED does not let tasks touch postgresql/db.example.com with read.',
    );
    expect(await verdict(task, { rules: { allowed: allowed('mysql/db.example.com') } })).toMatch(/^POLICY_DENIED/);
    expect(await verdict(plain(aTask(testConnection)), { rules: { allowed: [] } })).toMatch(/^POLICY_DENIED/);
  });

  it("asks the customer's policies last, and their refusal stands", async () => {
    const asked: string[] = [];
    const policy = {
      assertPermitted: ({ action }: PolicyQuestion) => {
        asked.push(action);
        throw new RunnerError('POLICY_DENIED', 'not on Sundays');
      },
    };
    expect(await verdict(plain(aTask(testConnection)), { rules: { policy } })).toBe('POLICY_DENIED: not on Sundays');
    expect(await verdict(plain(aTask(testConnection)), { rules: { policy, allowed: [] } })).toMatch(/RUNNER_ALLOWED/);
    expect(asked).toEqual(['TestConnection']);
  });

  it('gives no refusal that would pass on a second try', async () => {
    const refusal = aGuard().accept({}, 'request-1', ['TestConnection']);
    await expect(refusal).rejects.toMatchObject({ code: 'TASK_REJECTED', retryable: false });
  });
});

describe('the guard with a verification key', () => {
  let privateJwk: JWK;
  let rules: Partial<GuardRules>;
  beforeAll(async () => {
    const { privateKey, publicKey } = await generateKeyPair('EdDSA', { extractable: true });
    privateJwk = await exportJWK(privateKey);
    rules = { verificationKeys: { keys: [await exportJWK(publicKey)] } };
  });

  it('accepts a signed task', async () => {
    expect(await verdict(await signTask(aTask(testConnection), privateJwk), { rules })).toBe('accepted');
  });

  it('refuses an unsigned task', async () => {
    expect(await verdict(plainTask(aTask(testConnection)), { rules })).toMatch(/^TASK_REJECTED: .*not signed/);
  });

  it('refuses a task that another key signed', async () => {
    const other = await generateKeyPair('EdDSA', { extractable: true });
    const envelope = await signTask(aTask(testConnection), await exportJWK(other.privateKey));
    expect(await verdict(envelope, { rules })).toMatch(/^TASK_REJECTED: .*does not verify/);
  });
});

describe('the guard of recipients', () => {
  let issuer: CryptoKey;
  let issuerJwk: JWK;
  let jwk: RecipientJwk;
  let publicJwk: JWK;
  const dispense = (recipient: { jwk: RecipientJwk; attestation?: string }): Envelope => {
    const { target, permission, justification, durationSeconds } = provision() as Extract<Task['task'], { type: 'ProvisionAccess' }>;
    return plainTask(aTask({ type: 'DispenseCredential', system: SYSTEM, target, permission, justification, durationSeconds, recipient }));
  };
  const attest = async (exp: number) =>
    new CompactSign(new TextEncoder().encode(JSON.stringify({ cnf: { jkt: await recipientThumbprint(jwk) }, exp })))
      .setProtectedHeader({ alg: 'ES256', typ: ATTESTATION_TYPE })
      .sign(issuer);

  beforeAll(async () => {
    publicJwk = await exportJWK((await generateKeyPair('ECDH-ES', { crv: 'X25519', extractable: true })).publicKey);
    jwk = recipientJwkSchema.parse(publicJwk);
    const pair = await generateKeyPair('ES256', { extractable: true });
    issuer = pair.privateKey;
    issuerJwk = { ...(await exportJWK(pair.publicKey)), use: 'sig' };
  });

  it('lets the task name anybody when there is no list', async () => {
    expect(await verdict(dispense({ jwk }))).toBe('accepted');
  });

  it('lets listed and attested keys through, and no others', async () => {
    expect(await verdict(dispense({ jwk }), { rules: { recipientKeys: { keys: [publicJwk] } } })).toBe('accepted');
    const rules = { recipientKeys: { keys: [issuerJwk] } };
    expect(await verdict(dispense({ jwk, attestation: await attest(NOW + 60) }), { rules })).toBe('accepted');
    expect(await verdict(dispense({ jwk, attestation: await attest(NOW - 60) }), { rules })).toMatch(
      /^POLICY_DENIED: .*RUNNER_RECIPIENT_KEYS/,
    );
    expect(await verdict(dispense({ jwk }), { rules })).toMatch(/^POLICY_DENIED/);
  });

  it('refuses a key to which nothing can be sealed before an access is made', async () => {
    const zero = 'A'.repeat(43);
    expect(await verdict(dispense({ jwk: { kty: 'EC', crv: 'P-256', x: zero, y: zero } }))).toMatch(/^TASK_REJECTED: .*no valid point/);
  });
});
