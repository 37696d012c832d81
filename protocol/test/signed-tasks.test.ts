import { createHmac, generateKeyPairSync } from 'node:crypto';
import { CompactSign, exportSPKI, type JWK } from 'jose';
import { MAX_ENVELOPE_BYTES } from '../../contract/tasks.js';
import { type Envelope, plainTask, readTask, SCHEMA_VERSION, signTask, TaskRejectedError } from '../src/index.js';
import { AUDIENCE, aTask, type Pair, signer } from './builders.js';

const jwsOf = (envelope: Envelope): string => ('jws' in envelope ? envelope.jws : '');
const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

describe.each(['EdDSA', 'ES256'] as const)('a task signed with %s', (alg) => {
  let pair: Pair;
  const read = (envelope: unknown, keys: readonly JWK[] = [pair.publicJwk]) =>
    readTask(envelope, { audience: AUDIENCE, verificationKeys: { keys: [...keys] } });
  const refusal = (envelope: unknown, keys?: readonly JWK[]) =>
    read(envelope, keys).then(
      () => 'accepted',
      (error: unknown) => (error instanceof TaskRejectedError ? error.reason : error),
    );
  const forged = (jws: string): Envelope => ({ schemaVersion: SCHEMA_VERSION, jws });
  const signedWith = (header: Record<string, unknown>, payload: string | Uint8Array = JSON.stringify(aTask())) =>
    new CompactSign(typeof payload === 'string' ? new TextEncoder().encode(payload) : payload)
      .setProtectedHeader({ alg, typ: 'axiom-task+jws', ...header })
      .sign(pair.privateKey, { crit: { 'x-more': true } })
      .then(forged);

  beforeAll(async () => {
    pair = await signer(alg, 'key-1');
  });

  it('is read as it was written', async () => {
    expect(await read(await signTask(aTask(), pair.privateJwk))).toEqual(aTask());
  });

  it('is verified by any key of the set while keys are rotated', async () => {
    const [old, current] = [await signer(alg, 'old'), await signer(alg, 'current')];
    expect(await read(await signTask(aTask(), current.privateJwk), [old.publicJwk, current.publicJwk])).toEqual(aTask());
  });

  it('is verified by any key of the set when no key has an id', async () => {
    const [old, current, other] = [await signer(alg), await signer(alg), await signer(alg)];
    const keys = [old.publicJwk, current.publicJwk];
    expect(await read(await signTask(aTask(), current.privateJwk), keys)).toEqual(aTask());
    expect(await refusal(await signTask(aTask(), other.privateJwk), keys)).toBe('signature');
  });

  it('is refused when another key signed it, even under the same id', async () => {
    const other = await signer(alg, 'key-1');
    expect(await refusal(await signTask(aTask(), other.privateJwk))).toBe('signature');
  });

  it('is refused when its payload was altered', async () => {
    const [header, , signature] = jwsOf(await signTask(aTask(), pair.privateJwk)).split('.');
    expect(await refusal(forged(`${header}.${base64url(aTask({ jti: 'another' }))}.${signature}`))).toBe('signature');
  });

  it('is refused with alg none', async () => {
    const unsigned = `${base64url({ alg: 'none', typ: 'axiom-task+jws' })}.${base64url(aTask())}.`;
    expect(await refusal(forged(unsigned))).toBe('signature');
  });

  it('is refused when the public key served as an HMAC secret', async () => {
    const secrets = [JSON.stringify(pair.publicJwk), String(pair.publicJwk.x), Buffer.from(String(pair.publicJwk.x), 'base64url')];
    const signed = `${base64url({ alg: 'HS256', typ: 'axiom-task+jws', kid: 'key-1' })}.${base64url(aTask())}`;
    for (const secret of secrets) {
      const mac = createHmac('sha256', secret).update(signed).digest('base64url');
      expect(await refusal(forged(`${signed}.${mac}`))).toBe('signature');
    }
  });

  it('is refused under another type, so that no other signed document passes for a task', async () => {
    expect(await refusal(await signedWith({ typ: 'JWT' }))).toBe('signature');
    expect(await refusal(await signedWith({ typ: undefined }))).toBe('signature');
  });

  it('is refused with a critical header that the runner does not understand', async () => {
    expect(await refusal(await signedWith({ crit: ['x-more'], 'x-more': true }))).toBe('signature');
  });

  it('is refused when a well signed payload is no task', async () => {
    expect(await refusal(await signedWith({}, 'not JSON'))).toBe('malformed');
    expect(await refusal(await signedWith({}, Buffer.from([0xff, 0xfe])))).toBe('malformed');
    expect(await refusal(await signedWith({}, JSON.stringify({ ...aTask(), more: 1 })))).toBe('malformed');
  });

  it('is refused for another audience', async () => {
    expect(await refusal(await signTask(aTask({ aud: 'acme/group-2' }), pair.privateJwk))).toBe('audience');
    expect(await refusal(await signTask(aTask({ aud: 'other/group-1' }), pair.privateJwk))).toBe('audience');
  });

  it('is refused past the size of an envelope', async () => {
    expect(await refusal(forged('a'.repeat(MAX_ENVELOPE_BYTES + 1)))).toBe('malformed');
  });

  it('is refused by a runner that has no key', async () => {
    const envelope = await signTask(aTask(), pair.privateJwk);
    await expect(readTask(envelope, { audience: AUDIENCE })).rejects.toThrow('set AXIOM_TASK_VERIFICATION_KEY');
  });
});

describe('a plain task', () => {
  it('is read where no key is set', async () => {
    expect(await readTask(plainTask(aTask()), { audience: AUDIENCE })).toEqual(aTask());
  });

  it('is refused where keys are set', async () => {
    const { publicJwk } = await signer('EdDSA');
    const read = readTask(plainTask(aTask()), { audience: AUDIENCE, verificationKeys: { keys: [publicJwk] } });
    await expect(read).rejects.toMatchObject({ reason: 'unsigned' });
  });

  it('is refused for another audience', async () => {
    await expect(readTask(plainTask(aTask()), { audience: 'acme/group-2' })).rejects.toMatchObject({ reason: 'audience' });
  });
});

it('a signature by an RSA key is refused even when the key is in the set', async () => {
  const pair = await signer('RS256', 'key-1');
  const signed = await new CompactSign(new TextEncoder().encode(JSON.stringify(aTask())))
    .setProtectedHeader({ alg: 'RS256', typ: 'axiom-task+jws' })
    .sign(pair.privateKey);
  const read = readTask({ schemaVersion: 1, jws: signed }, { audience: AUDIENCE, verificationKeys: { keys: [pair.publicJwk] } });
  await expect(read).rejects.toMatchObject({ reason: 'signature' });
});

it('an HMAC over the PEM of a public key is refused', async () => {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = await exportSPKI(publicKey);
  const signed = `${base64url({ alg: 'HS256', typ: 'axiom-task+jws' })}.${base64url(aTask())}`;
  const jws = `${signed}.${createHmac('sha256', pem).update(signed).digest('base64url')}`;
  const verificationKeys = { keys: [publicKey.export({ format: 'jwk' }) as JWK] };
  await expect(readTask({ schemaVersion: 1, jws }, { audience: AUDIENCE, verificationKeys })).rejects.toMatchObject({
    reason: 'signature',
  });
});
