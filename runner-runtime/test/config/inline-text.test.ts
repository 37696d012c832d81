import { rootCertificates } from 'node:tls';
import { describe, expect, it } from '@jest/globals';
import { inlineCertificates, inlinePolicies } from '../../src/config/inline-text.js';

const base64 = (text: string | Buffer) => Buffer.from(text).toString('base64');
const wrapped = (text: string) => base64(text).replace(/.{76}/g, '$&\n');
const [ONE = '', OTHER = ''] = rootCertificates;

describe('policies in a variable', () => {
  const POLICY = 'permit(principal, action, resource) when { context.justification like "Größe*" };\n// the end';

  it('may be their text or its base64, wrapped or not', () => {
    for (const value of [POLICY, base64(POLICY), wrapped(POLICY)]) expect(inlinePolicies(value)).toBe(POLICY);
  });

  it.each([
    ['a word', 'permit'],
    ['base64 of a word', base64('permit')],
    ['base64 that is cut off', base64(POLICY).slice(0, -1)],
    ['base64 in the alphabet of URLs', base64('(ûïþ??>>').replaceAll('+', '-').replaceAll('/', '_')],
    ['base64 of bytes that are no UTF-8', base64(Buffer.from([0x28, 0xff, 0xfe]))],
    ['base64 of base64', base64(base64(POLICY))],
    ['padding alone', '===='],
  ])('are not %s', (_, value) => {
    expect(inlinePolicies(value)).toBeUndefined();
  });
});

describe('certificates in a variable', () => {
  const BUNDLE = `# first\n${ONE}\n\n# second\r\n${OTHER.replaceAll('\n', '\r\n')}\n`;

  it('may be PEM text or its base64, with comments and either kind of line end', () => {
    for (const value of [BUNDLE, base64(BUNDLE), wrapped(BUNDLE)]) {
      expect(inlineCertificates(value)).toBe(`${ONE.trim()}\n${OTHER.replaceAll('\n', '\r\n').trim()}`);
    }
  });

  it.each([
    ['a path', '/etc/ssl/ca.pem'],
    ['a block that is cut off', ONE.slice(0, -10)],
    ['a block after which another is cut off', `${ONE}\n${OTHER.slice(0, -10)}`],
    ['a block whose content is none', ONE.replace(/\n.{20}/, '\nAAAAAAAAAAAAAAAAAAAA')],
    ['line ends written as \\n', ONE.replaceAll('\n', '\\n')],
    ['a private key', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----'],
    ['a private key beside a certificate', `${ONE}\n-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----`],
    ['base64 of the DER, without PEM', ONE.replace(/-----[A-Z ]+-----/g, '').trim()],
  ])('are not %s', (_, value) => {
    expect(inlineCertificates(value)).toBeUndefined();
    expect(inlineCertificates(base64(value))).toBeUndefined();
  });
});
