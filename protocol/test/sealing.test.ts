import { CompactEncrypt, decodeProtectedHeader, importJWK } from 'jose';
import { type Credential, canSealTo, openCredential, recipientJwkSchema, recipientThumbprint, sealCredential } from '../src/index.js';
import { anOpener, NOW, type Opener } from './builders.js';

const CANARY = 'canary-password';
const credential: Credential = {
  requestId: 'request-1',
  system: 'postgresql/db.example.com',
  values: { username: 'axm_abc', password: CANARY },
  expiresAt: NOW,
};

describe.each(['P-256', 'X25519'] as const)('a credential sealed to a key on %s', (crv) => {
  let opener: Opener;
  beforeAll(async () => {
    opener = await anOpener(crv);
  });

  it('is opened by the private key', async () => {
    expect(await openCredential(await sealCredential(credential, opener.recipient), opener.privateJwk)).toEqual(credential);
  });

  it('is opened by no other key', async () => {
    const sealed = await sealCredential(credential, opener.recipient);
    await expect(openCredential(sealed, (await anOpener(crv)).privateJwk)).rejects.toThrow();
  });

  it('says who may open it and how, and nothing of its content', async () => {
    const sealed = await sealCredential(credential, opener.recipient);
    expect(decodeProtectedHeader(sealed)).toMatchObject({
      alg: 'ECDH-ES',
      enc: 'A256GCM',
      typ: 'axiom-credential+jwe',
      kid: await recipientThumbprint(opener.recipient),
    });
    const parts = sealed.split('.').map((part) => Buffer.from(part, 'base64url').toString('latin1'));
    expect(parts.join()).not.toContain(CANARY);
    expect(parts.join()).not.toContain('axm_abc');
  });

  it('looks different each time', async () => {
    const [one, other] = [await sealCredential(credential, opener.recipient), await sealCredential(credential, opener.recipient)];
    expect(one).not.toBe(other);
  });

  it('is not opened when any part was altered', async () => {
    const parts = (await sealCredential(credential, opener.recipient)).split('.');
    for (const index of [0, 2, 3, 4]) {
      const altered = parts.map((part, at) => (at === index ? `${part.startsWith('A') ? 'B' : 'A'}${part.slice(1)}` : part));
      await expect(openCredential(altered.join('.'), opener.privateJwk)).rejects.toThrow();
    }
  });

  it('is not opened under another algorithm or type', async () => {
    const key = await importJWK(opener.publicJwk, 'ECDH-ES');
    const text = new TextEncoder().encode(JSON.stringify(credential));
    const weaker = await new CompactEncrypt(text)
      .setProtectedHeader({ alg: 'ECDH-ES', enc: 'A128CBC-HS256', typ: 'axiom-credential+jwe' })
      .encrypt(key);
    const other = await new CompactEncrypt(text).setProtectedHeader({ alg: 'ECDH-ES', enc: 'A256GCM', typ: 'JWT' }).encrypt(key);
    await expect(openCredential(weaker, opener.privateJwk)).rejects.toThrow();
    await expect(openCredential(other, opener.privateJwk)).rejects.toThrow('not a sealed credential');
  });
});

describe('a recipient', () => {
  const isRecipient = (jwk: object) => recipientJwkSchema.safeParse(jwk).success;
  const x = 'A'.repeat(43);

  it('is refused with its private part', async () => {
    const { privateJwk } = await anOpener('P-256');
    expect(isRecipient(privateJwk)).toBe(false);
  });

  it.each([
    ['a P-384 key', { kty: 'EC', crv: 'P-384', x: 'A'.repeat(64), y: 'A'.repeat(64) }],
    ['a P-256 key without y', { kty: 'EC', crv: 'P-256', x }],
    ['an RSA key', { kty: 'RSA', n: 'A'.repeat(342), e: 'AQAB' }],
    ['a symmetric key', { kty: 'oct', k: x }],
    ['a key for signatures', { kty: 'OKP', crv: 'Ed25519', x }],
    ['an X448 key', { kty: 'OKP', crv: 'X448', x: 'A'.repeat(75) }],
    ['a key of another length', { kty: 'OKP', crv: 'X25519', x: 'A'.repeat(42) }],
    ['a key for another use', { kty: 'OKP', crv: 'X25519', x, use: 'sig' }],
    ['a key for another algorithm', { kty: 'OKP', crv: 'X25519', x, alg: 'ECDH-ES+A128KW' }],
    ['a key with a certificate chain', { kty: 'OKP', crv: 'X25519', x, x5u: 'https://example.com' }],
  ])('is refused when it is %s', (_, jwk) => {
    expect(isRecipient(jwk)).toBe(false);
  });

  it('can be sealed to only when its key is a point of the curve', async () => {
    const zero = 'A'.repeat(43);
    expect(await canSealTo((await anOpener('P-256')).recipient)).toBe(true);
    expect(await canSealTo((await anOpener('X25519')).recipient)).toBe(true);
    expect(await canSealTo({ kty: 'EC', crv: 'P-256', x: zero, y: zero })).toBe(false);
    expect(await canSealTo({ kty: 'OKP', crv: 'X25519', x: zero })).toBe(false);
  });
});
