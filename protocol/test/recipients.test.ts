import { CompactSign, exportJWK, generateKeyPair } from 'jose';
import { ATTESTATION_TYPE, isRecipientAllowed, recipientThumbprint } from '../src/index.js';
import { anOpener, NOW, type Opener, type Pair, recipientOf, signer } from './builders.js';

/** What an issuer says of a key. */
const attest = (issuer: Pair, claims: unknown, alg = 'EdDSA', typ = ATTESTATION_TYPE) =>
  new CompactSign(new TextEncoder().encode(JSON.stringify(claims))).setProtectedHeader({ alg, typ }).sign(issuer.privateKey);

describe('the list of recipients', () => {
  let opener: Opener;
  let issuer: Pair;
  const issuers = () => ({ keys: [{ ...issuer.publicJwk, use: 'sig' }] });
  const claimsFor = async (who: Opener, exp = NOW + 60) => ({ cnf: { jkt: await recipientThumbprint(who.recipient) }, exp });

  beforeAll(async () => {
    opener = await anOpener('P-256');
    issuer = await signer('EdDSA');
  });

  it('lets a listed key through, whatever else stands in its JWK', async () => {
    const keys = [{ ...opener.publicJwk, use: 'enc', kid: 'security-team' }];
    expect(await isRecipientAllowed(recipientOf(opener), { keys }, NOW)).toBe(true);
  });

  it('refuses a key that is not listed', async () => {
    const keys = [(await anOpener('P-256')).publicJwk];
    expect(await isRecipientAllowed(recipientOf(opener), { keys }, NOW)).toBe(false);
  });

  it('is not confused by a malformed key or one of another kind beside the listed one', async () => {
    const { publicKey } = await generateKeyPair('RS256', { extractable: true });
    const keys = [{ kty: 'OKP', crv: 'X25519' }, await exportJWK(publicKey), opener.publicJwk];
    expect(await isRecipientAllowed(recipientOf(opener), { keys }, NOW)).toBe(true);
    expect(await isRecipientAllowed(recipientOf(await anOpener('P-256')), { keys }, NOW)).toBe(false);
  });

  it.each(['EdDSA', 'ES256', 'RS256'] as const)('lets a key through that a listed issuer attests with %s', async (alg) => {
    const by = await signer(alg);
    const attestation = await attest(by, await claimsFor(opener), alg);
    expect(await isRecipientAllowed(recipientOf(opener, attestation), { keys: [{ ...by.publicJwk, use: 'sig' }] }, NOW)).toBe(true);
  });

  it('lets two issuers attest', async () => {
    const second = await signer('EdDSA');
    const keys = [...issuers().keys, { ...second.publicJwk, use: 'sig' }];
    expect(await isRecipientAllowed(recipientOf(opener, await attest(second, await claimsFor(opener))), { keys }, NOW)).toBe(true);
  });

  it('refuses an attestation at its end', async () => {
    const attestation = await attest(issuer, await claimsFor(opener, NOW));
    expect(await isRecipientAllowed(recipientOf(opener, attestation), issuers(), NOW - 1)).toBe(true);
    expect(await isRecipientAllowed(recipientOf(opener, attestation), issuers(), NOW)).toBe(false);
  });

  it('refuses an attestation of another key', async () => {
    const attestation = await attest(issuer, await claimsFor(await anOpener('P-256')));
    expect(await isRecipientAllowed(recipientOf(opener, attestation), issuers(), NOW)).toBe(false);
  });

  it('refuses an attestation of an issuer that is not listed', async () => {
    const attestation = await attest(await signer('EdDSA'), await claimsFor(opener));
    expect(await isRecipientAllowed(recipientOf(opener, attestation), issuers(), NOW)).toBe(false);
  });

  it('does not take a listed key for an issuer', async () => {
    const attestation = await attest(issuer, await claimsFor(opener));
    expect(await isRecipientAllowed(recipientOf(opener, attestation), { keys: [issuer.publicJwk] }, NOW)).toBe(false);
  });

  it.each([['not a JWS'], [''], ['a.b.c']])('refuses %j as an attestation', async (attestation) => {
    expect(await isRecipientAllowed(recipientOf(opener, attestation), issuers(), NOW)).toBe(false);
  });

  it('does not take a token for an attestation that the issuer signed for another purpose', async () => {
    const attestation = await attest(issuer, await claimsFor(opener), 'EdDSA', 'at+jwt');
    expect(await isRecipientAllowed(recipientOf(opener, attestation), issuers(), NOW)).toBe(false);
  });

  it('refuses an attestation that never ends', async () => {
    const { cnf } = await claimsFor(opener);
    expect(await isRecipientAllowed(recipientOf(opener, await attest(issuer, { cnf })), issuers(), NOW)).toBe(false);
  });

  it('refuses an attestation that says nothing of a key', async () => {
    for (const claims of [{}, { cnf: {} }, [], 'text', { cnf: { jkt: 1 } }]) {
      expect(await isRecipientAllowed(recipientOf(opener, await attest(issuer, claims)), issuers(), NOW)).toBe(false);
    }
  });
});
