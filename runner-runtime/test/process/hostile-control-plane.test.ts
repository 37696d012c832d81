import { verificationKeySet } from '@axiom-runner/control-plane';
import type { Envelope, Principal } from '@axiom-runner/protocol';
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { StateKey } from '../../src/guard/state-key.js';
import { intentSchema } from '../../src/integrations/intent.js';
import { Bench, provisioning, SECRET, SYSTEM } from './support/bench.js';
import { HostileControlPlane } from './support/hostile-control-plane.js';
import { claims, newSigner, type Signer } from './support/tasks.js';

jest.setTimeout(90_000);

let bench: Bench;
let hostile: HostileControlPlane;
let signer: Signer;
beforeAll(async () => {
  bench = await Bench.open();
  signer = await newSigner();
  const { keys } = await verificationKeySet(bench.home);
  await bench.startRunner({ AXIOM_TASK_VERIFICATION_KEY: JSON.stringify({ keys: [...keys, signer.publicJwk] }) });
  hostile = await HostileControlPlane.open(bench);
});
afterAll(async () => {
  await hostile?.close();
  await bench?.close();
});

let mallory: Principal;
let requestId: string;
let envelope: Envelope;
/** A genuine intent for mallory under `requestId` that was never applied. */
let intent: string;
let extension: Envelope;

/** Another person, and a plan of an access for them that is not carried out. */
async function anotherPlan(): Promise<void> {
  mallory = await bench.shop.newPerson();
  ({ requestId, envelope, intent } = await planned(mallory));
  const task = { type: 'ExtendAccess', accessRequestId: requestId, system: SYSTEM, expiresAt: Math.floor(Date.now() / 1000) + 900 };
  extension = (await signer.sign(claims(bench, `extend-${requestId}`, task))) as Envelope;
}

/** Lets the runner plan an access, and takes the intent out of the history. */
async function planned(principal: Principal): Promise<{ requestId: string; envelope: Envelope; intent: string }> {
  const id = `request-${crypto.randomUUID()}`;
  const signed = (await signer.sign(claims(bench, id, provisioning(principal, 600)))) as Envelope;
  await hostile.step(id, 'planAccess', signed);
  return { requestId: id, envelope: signed, intent: await hostile.answerOf(id, 'planAccess') };
}

const STEPS: [string, (envelope: unknown, intent: unknown) => unknown[]][] = [
  ['applyAccess', (task, document) => [task, document]],
  ['extendAccess', (_, document) => [extension, document]],
  ['revertAccess', (_, document) => [document]],
  ['verifyAccess', (_, document) => [document]],
];
/** A genuine intent with other contents, under the old MAC. */
function altered(text: string, change: (document: Record<string, unknown>) => void): string {
  const [type, keyId, body = '', mac] = text.split('.');
  const document = JSON.parse(Buffer.from(body, 'base64url').toString('utf8')) as Record<string, unknown>;
  change(document);
  return [type, keyId, Buffer.from(JSON.stringify(document)).toString('base64url'), mac].join('.');
}

const documentOf = (text: string) =>
  intentSchema.parse(JSON.parse(Buffer.from(text.split('.')[1 + 1] ?? '', 'base64url').toString('utf8')));

describe.each(STEPS)('the step %s, dispatched by a hostile control plane', (step, input) => {
  beforeAll(anotherPlan);

  const forgeries: [string, (genuine: string) => unknown][] = [
    ['an intent with another end', (genuine) => altered(genuine, (document) => Object.assign(document, { expiresAt: 9_999_999_999 }))],
    [
      'an intent for somebody else',
      (genuine) => altered(genuine, (document) => Object.assign(document, { principal: { kind: 'role', id: 'x' } })),
    ],
    ['an intent of another key', (genuine) => new StateKey('x'.repeat(40)).seal('intent', documentOf(genuine))],
    ['an intent without a MAC', (genuine) => genuine.split('.').slice(0, 3).join('.')],
    ['a mark instead of an intent', (genuine) => new StateKey(bench.canaries.stateKey).seal('active', documentOf(genuine))],
    [
      'an intent of another group',
      (genuine) => new StateKey(bench.canaries.stateKey).seal('intent', { ...documentOf(genuine), runnerGroupId: 'x' }),
    ],
    ['no intent', () => undefined],
    ['an object', (genuine) => documentOf(genuine)],
  ];

  it.each(forgeries)('refuses %s before it reads a secret', async (_, forge) => {
    bench.secrets.remove(SECRET);
    try {
      const end = await hostile.step(requestId, step, ...input(envelope, forge(intent)));
      expect(end).toMatchObject({ code: 'TASK_REJECTED' });
    } finally {
      bench.secrets.put(SECRET, bench.shop.secret());
    }
    expect(await bench.shop.canRead(mallory)).toBe(false);
  });

  it('refuses a genuine intent under the name of another request', async () => {
    bench.secrets.remove(SECRET);
    try {
      expect(await hostile.step(`${requestId}-2`, step, ...input(envelope, intent))).toMatchObject({ code: 'TASK_REJECTED' });
    } finally {
      bench.secrets.put(SECRET, bench.shop.secret());
    }
  });
});

describe('a hostile control plane', () => {
  beforeEach(anotherPlan);

  it('cannot have an intent applied without its signed task, or with the task of another request', async () => {
    const other = await planned(mallory);
    for (const task of [undefined, { schemaVersion: 1, task: {} }, other.envelope, extension]) {
      expect(await hostile.step(requestId, 'applyAccess', task, intent)).toMatchObject({ code: 'TASK_REJECTED' });
    }
    expect(await bench.shop.canRead(mallory)).toBe(false);
  });

  it('cannot have an intent applied under a later task of the same request that asks for something else', async () => {
    const changes = [{ permission: 'Admin' }, { durationSeconds: 60 }, { principal: { kind: 'role', id: 'person_1' } }];
    for (const change of changes) {
      const later = await signer.sign(claims(bench, requestId, { ...provisioning(mallory, 600), ...change }));
      expect(await hostile.step(requestId, 'applyAccess', later, intent)).toEqual({
        code: 'TASK_REJECTED',
        message: expect.stringContaining('another task'),
      });
    }
  });

  it('can dispatch what is signed, as it could have started it; and its end comes all the same', async () => {
    expect((await hostile.step(requestId, 'applyAccess', envelope, intent)).code).toBe('done');
    expect(await bench.shop.canRead(mallory)).toBe(true);
    expect((await hostile.step(requestId, 'revertAccess', intent)).code).toBe('done');
    expect(await bench.shop.canRead(mallory)).toBe(false);
  });

  it('cannot bring a revoked access back: neither by its intent nor by an extension', async () => {
    await hostile.step(requestId, 'applyAccess', envelope, intent);
    await hostile.step(requestId, 'revertAccess', intent);
    expect(await hostile.step(requestId, 'applyAccess', envelope, intent)).toMatchObject({ code: 'TASK_REJECTED' });
    expect(await hostile.step(requestId, 'extendAccess', extension, intent)).toMatchObject({ code: 'TARGET_NOT_FOUND' });
    expect(await bench.shop.canRead(mallory)).toBe(false);
    expect(await bench.shop.leftovers()).toEqual([]);
  });

  it('cannot extend an access past the longest duration, into the past, or of another system', async () => {
    await hostile.step(requestId, 'applyAccess', envelope, intent);
    const now = Math.floor(Date.now() / 1000);
    const extend = async (change: object) => {
      const task = { type: 'ExtendAccess', accessRequestId: requestId, system: SYSTEM, expiresAt: now + 900, ...change };
      return hostile.step(requestId, 'extendAccess', await signer.sign(claims(bench, `extend-${requestId}`, task)), intent);
    };
    expect((await extend({ expiresAt: now + 31 * 86_400 })).code).toBe('POLICY_DENIED');
    expect((await extend({ expiresAt: now - 1 })).code).toBe('TASK_REJECTED');
    expect((await extend({ system: { type: 'postgresql', id: 'other' } })).code).toBe('POLICY_DENIED');
    expect((await extend({ accessRequestId: 'other' })).code).toBe('TASK_REJECTED');
    expect((await extend({})).code).toBe('done');
    await hostile.step(requestId, 'revertAccess', intent);
  });

  it('cannot have pages of a system read with a ticket that it made, or that belongs to another request', async () => {
    const collection = await signer.sign(claims(bench, 'collection-1', { type: 'CollectData', system: SYSTEM }));
    expect((await hostile.step('collection-1', 'admitCollection', collection)).code).toBe('done');
    const ticket = await hostile.answerOf('collection-1', 'admitCollection');
    expect((await hostile.step('collection-1', 'collectPage', collection, ticket)).code).toBe('done');
    const later = altered(ticket, (document) => Object.assign(document, { expiresAt: 9_999_999_999 }));
    for (const forged of [later, intent, undefined, 'ticket']) {
      expect(await hostile.step('collection-1', 'collectPage', collection, forged)).toMatchObject({ code: 'TASK_REJECTED' });
    }
    expect(await hostile.step('collection-1', 'collectPage', envelope, ticket)).toMatchObject({ code: 'TASK_REJECTED' });
    expect(await hostile.step('collection-2', 'collectPage', collection, ticket)).toMatchObject({ code: 'TASK_REJECTED' });
  });
});
