import { X509Certificate } from 'node:crypto';

/**
 * Cedar policies out of a variable: their text, or its base64.
 * @returns `undefined` for anything else
 */
export function inlinePolicies(value: string): string | undefined {
  return textOrBase64(value, (text) => text.includes('('));
}

/**
 * Certificates out of a variable: PEM text, or its base64. What stands between the blocks is left out, as comments are.
 * @returns `undefined` for anything else: a block that is no certificate or cannot be read, a private key included
 */
export function inlineCertificates(value: string): string | undefined {
  const text = textOrBase64(value, (pem) => pem.includes('-----BEGIN'));
  const blocks = text?.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  const begun = text?.split('-----BEGIN').length ?? 0;
  return blocks.length > 0 && blocks.length === begun - 1 && blocks.every(isCertificate) ? blocks.join('\n') : undefined;
}

/** Text out of a variable, plain or as base64. Base64 (RFC 4648, section 4) may be wrapped into lines. The two cannot be mixed up: base64 has neither `(` nor `-`. */
export function textOrBase64(value: string, isText: (text: string) => boolean): string | undefined {
  if (isText(value)) return value;
  const base64 = value.replace(/\s+/g, '');
  if (base64.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return undefined;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(base64, 'base64'));
    return isText(text) ? text : undefined;
  } catch {
    return undefined; // Bytes that are no UTF-8.
  }
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}
