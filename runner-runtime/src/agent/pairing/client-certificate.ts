import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { SettingsError } from '../../config/settings.js';
import { PrivateFileError, readPrivateFile } from '../../operations/private-file.js';

/** A certificate with its key, PEM. */
export interface CertificateIdentity {
  readonly certificate: string;
  readonly key: string;
  /** Common name of the certificate's subject; absent where it has none. */
  readonly commonName: string | undefined;
}

/**
 * Reads a client certificate and its key, which must be a private file.
 * @param now unix milliseconds
 * @throws {SettingsError} for files that are not what they should be, not of one another, or over
 */
export async function readClientCertificate(certificatePath: string, keyPath: string, now: number): Promise<CertificateIdentity> {
  const certificate = await readFile(certificatePath, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw fault('--cert', `${certificatePath} cannot be read (${error.code ?? 'unknown'})`, 'Name the PEM file of the certificate.');
  });
  const key = await readSecretFile(keyPath, '--key');
  const parsed = orFault(
    () => new X509Certificate(certificate),
    '--cert',
    `${certificatePath} is no certificate in PEM`,
    'Name the PEM file of the certificate, its chain behind it.',
  );
  const privateKey = orFault(
    () => createPrivateKey(key),
    '--key',
    `${keyPath} is no private key in PEM, or has a passphrase`,
    'Name the PEM file of the key, without a passphrase.',
  );
  if (!parsed.checkPrivateKey(privateKey))
    throw fault('--key', `${keyPath} is not the key of ${certificatePath}`, 'Name the two that belong together.');
  if (Date.parse(parsed.validTo) <= now) throw fault('--cert', `${certificatePath} was valid until ${parsed.validTo}`, 'Renew it.');
  return { certificate, key, commonName: /^CN=(.+)$/m.exec(parsed.subject)?.[1] };
}

/** Reads a file that only this user may read. @param option what named it, for messages. @throws {SettingsError} */
export async function readSecretFile(path: string, option: string): Promise<string> {
  try {
    return await readPrivateFile(path);
  } catch (error) {
    if (!(error instanceof PrivateFileError)) throw error;
    throw fault(option, `${path} is refused (${error.reason})`, error.mend);
  }
}

function orFault<T>(make: () => T, option: string, found: string, mend: string): T {
  try {
    return make();
  } catch {
    throw fault(option, found, mend);
  }
}

function fault(variable: string, found: string, mend: string): SettingsError {
  return new SettingsError([{ variable, found, mend }]);
}
