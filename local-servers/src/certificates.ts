import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { reasonOf, ServerUnavailableError } from './errors.js';
import { onPath } from './resolve.js';

const run = promisify(execFile);
const keyType = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
const daysValid = '30';

/** PEM files of a certificate and its key. */
export interface CertificateFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/** A certificate authority of a test's own. */
export interface TestAuthority {
  /** The PEM file that a client has to trust. */
  readonly caFile: string;
  /** Issues a server certificate for localhost, its subdomains, and 127.0.0.1. */
  issueServer(): Promise<CertificateFiles>;
  /** Issues a client certificate. */
  issueClient(commonName: string): Promise<CertificateFiles>;
}

/** Makes a certificate authority whose files live in a directory; needs `openssl` on PATH. */
export async function makeAuthority(directory: string): Promise<TestAuthority> {
  const openssl = await findOpenssl();
  const caFile = join(directory, 'ca.crt');
  const caKey = join(directory, 'ca.key');
  const extensions = ['-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=critical,keyCertSign,cRLSign'];
  // Without a configuration file of the machine: it may add a second basicConstraints.
  const configFile = join(directory, 'openssl.cnf');
  await writeFile(configFile, '[req]\ndistinguished_name = dn\n[dn]\n');
  const request = ['req', '-config', configFile, ...keyType];
  const subject = ['-subj', '/CN=Local test authority'];
  await run(openssl, [...request, '-x509', '-days', daysValid, ...subject, ...extensions, '-keyout', caKey, '-out', caFile]);

  async function issue(name: string, commonName: string, extensionLines: readonly string[]): Promise<CertificateFiles> {
    const [certFile, keyFile, csr, ext] = ['crt', 'key', 'csr', 'ext'].map((end) => join(directory, `${name}.${end}`)) as [
      string,
      string,
      string,
      string,
    ];
    await writeFile(ext, ['basicConstraints=CA:FALSE', ...extensionLines, ''].join('\n'));
    await run(openssl, [...request, '-new', '-subj', `/CN=${commonName}`, '-keyout', keyFile, '-out', csr]);
    const signer = ['-CA', caFile, '-CAkey', caKey, '-CAcreateserial', '-days', daysValid];
    await run(openssl, ['x509', '-req', '-in', csr, ...signer, '-extfile', ext, '-out', certFile]);
    return { certFile, keyFile };
  }

  return {
    caFile,
    issueServer: () =>
      issue('server', 'localhost', [
        'extendedKeyUsage=serverAuth',
        'subjectAltName=DNS:localhost,DNS:*.localhost,DNS:*.s3.localhost,IP:127.0.0.1',
      ]),
    issueClient: (commonName) => issue('client', commonName, ['extendedKeyUsage=clientAuth']),
  };
}

async function findOpenssl(): Promise<string> {
  try {
    return await onPath('openssl');
  } catch (error) {
    const tried = [{ way: 'PATH', why: reasonOf(error) }];
    throw new ServerUnavailableError('OpenSSL (for test certificates)', tried, 'install openssl and put it on PATH');
  }
}
