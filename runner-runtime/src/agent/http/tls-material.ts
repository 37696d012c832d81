import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { SettingsError } from '../../config/settings.js';
import { PrivateFileError, readPrivateFile } from '../../operations/private-file.js';
import type { ListenSettings } from '../config/agent-settings.js';
import { secureContext, type TlsMaterial } from './http-server.js';

type TlsSettings = NonNullable<ListenSettings['tls']>;

/** Reads the files of a listener with TLS and makes sure that they fit together. @throws {SettingsError} */
export async function readTls(settings: TlsSettings): Promise<TlsMaterial> {
  const certificate = await read('certificate', settings.certificate);
  const clientCa = settings.client_ca === undefined ? undefined : await read('client_ca', settings.client_ca);
  // OpenSSL takes a text without any certificate for an empty list of authorities.
  refuseOther('certificate', settings.certificate, certificate);
  if (clientCa !== undefined) refuseOther('client_ca', settings.client_ca, clientCa);
  const material: TlsMaterial = { certificate, key: await readKey(settings.key), clientCa };
  try {
    createSecureContext(secureContext(material));
  } catch {
    throw fault(
      'key',
      `names ${settings.key}, which is no key of the certificate ${settings.certificate}`,
      'Give its private key as PEM, without a passphrase.',
    );
  }
  return material;
}

async function readKey(path: string): Promise<string> {
  try {
    return await readPrivateFile(path, { forbiddenMode: 0o037 });
  } catch (error) {
    if (error instanceof PrivateFileError) throw fault('key', error.message, error.mend);
    throw unreadable('key', path, error);
  }
}

async function read(setting: keyof TlsSettings, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw unreadable(setting, path, error);
  }
}

function refuseOther(setting: keyof TlsSettings, path: string | undefined, pem: string): void {
  try {
    new X509Certificate(pem);
  } catch {
    throw fault(setting, `names ${path}, which is no certificate`, 'Give the path of a PEM file.');
  }
}

function unreadable(setting: keyof TlsSettings, path: string, error: unknown): SettingsError {
  const { code = 'unknown' } = error as NodeJS.ErrnoException;
  return fault(setting, `names ${path}, which cannot be read (${code})`, 'Give the path of a readable PEM file.');
}

function fault(setting: keyof TlsSettings, found: string, mend: string): SettingsError {
  return new SettingsError([{ variable: `listen.tls.${setting}`, found, mend }]);
}
