import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { rootCertificates } from 'node:tls';
import { type AwsEmulator, startAwsEmulator } from '@axiom-runner/local-servers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { NetworkSettings } from '../../src/config/settings.js';
import { proxyFor, trustedCas } from '../../src/operations/network.js';
import { awsSecretsManager } from '../../src/secrets/aws-secrets-manager.js';

const PROXY = 'http://proxy.example.com:3128';
const DIRECT: NetworkSettings = { proxy: undefined, noProxy: undefined, extraCa: undefined };

describe('the proxy for a host', () => {
  it('is none when none is set', () => {
    expect(proxyFor('db.example.com', 443, DIRECT)).toBeUndefined();
  });

  it.each<[string, string | undefined, string, number, boolean]>([
    ['nothing is excepted', undefined, 'db.example.com', 443, true],
    ['nothing is excepted', '', 'db.example.com', 443, true],
    ['nothing is excepted', ' , ', 'db.example.com', 443, true],
    ['every host is', '*', 'db.example.com', 443, false],
    ['the host is', 'db.example.com', 'db.example.com', 443, false],
    ['the host is, in other case', 'DB.Example.com', 'db.EXAMPLE.com', 443, false],
    ['another host is', 'db.example.com', 'xdb.example.com', 443, true],
    ['the parent is, as a host', 'example.com', 'db.example.com', 443, true],
    ['the suffix is', '.example.com', 'db.example.com', 443, false],
    ['the suffix is, and this is it', '.example.com', 'example.com', 443, false],
    ['the suffix is, written with a star', '*.example.com', 'a.b.example.com', 443, false],
    ['a suffix is that only looks alike', '.example.com', 'db.badexample.com', 443, true],
    ['a suffix is that stands in the middle', '.example.com', 'db.example.com.evil.net', 443, true],
    ['the host is, with this port', 'db.example.com:443', 'db.example.com', 443, false],
    ['the host is, with another port', 'db.example.com:8443', 'db.example.com', 443, true],
    ['the suffix is, with this port', '.example.com:443', 'db.example.com', 443, false],
    ['one of several is, between commas', 'a.example.com,169.254.169.254', '169.254.169.254', 443, false],
    ['one of several is, between blanks', 'a.example.com b.example.com', 'b.example.com', 443, false],
    ['an IPv6 address is', '::1', '::1', 443, false],
    ['an IPv6 address is, asked as it stands in a URL', 'fd00:ec2::254', '[fd00:ec2::254]', 443, false],
    ['an IPv6 address is, in brackets with this port', '[::1]:443', '[::1]', 443, false],
    ['an IPv6 address is, in brackets with another port', '[::1]:80', '[::1]', 443, true],
    ['another IPv6 address is', '::1', '::2', 443, true],
  ])('when %s: NO_PROXY=%s, %s:%i', (_, noProxy, host, port, proxied) => {
    expect(proxyFor(host, port, { ...DIRECT, proxy: PROXY, noProxy })).toBe(proxied ? PROXY : undefined);
  });
});

describe('the trusted CAs', () => {
  it('are left to Node when no further one is set', () => {
    expect(trustedCas(DIRECT)).toBeUndefined();
  });

  it('are the further ones beside the public ones', () => {
    const cas = trustedCas({ ...DIRECT, extraCa: 'PEM' });
    expect(cas).toHaveLength(rootCertificates.length + 1);
    expect(cas).toContain('PEM');
  });
});

describe('a call to an AWS service with a private CA', () => {
  const environment = { ...process.env };
  let emulator: AwsEmulator;
  let extraCa: string;
  let proxy: Server;
  let tunnels: string[];
  const read = (network: NetworkSettings) =>
    awsSecretsManager({ region: 'us-east-1', network, sessionName: 'test' })
      .read('axiom-security/mysql/none')
      .catch((error: { code: string }) => error.code);
  const proxyUrl = () => `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;

  beforeAll(async () => {
    emulator = await startAwsEmulator({ tls: true });
    extraCa = readFileSync(emulator.caFile ?? '', 'utf8');
    const { NODE_EXTRA_CA_CERTS: _, AWS_CA_BUNDLE: __, ...variables } = emulator.environment;
    Object.assign(process.env, variables);
  });
  afterAll(async () => {
    for (const name of Object.keys(emulator.environment)) delete process.env[name];
    Object.assign(process.env, environment);
    await emulator.stop();
  });
  beforeEach(async () => {
    tunnels = [];
    proxy = createServer().on('connect', (request, socket, head) => {
      const [host = '', port = ''] = (request.url ?? '').split(':');
      tunnels.push(host);
      const onward = connect(Number(port), host, () => {
        socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
        onward.write(head);
        onward.pipe(socket).pipe(onward);
      });
      for (const end of [socket, onward]) end.on('error', () => undefined);
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => {
    proxy.closeAllConnections();
    proxy.close();
  });

  it('reaches the service', async () => {
    expect(await read({ ...DIRECT, extraCa })).toBe('SECRET_NOT_FOUND');
  });

  it('fails without the CA: the certificate is checked', async () => {
    expect(await read(DIRECT)).toBe('SECRET_STORE_UNAVAILABLE');
  });

  it('goes through the proxy, and around it where NO_PROXY says so', async () => {
    expect(await read({ proxy: proxyUrl(), noProxy: undefined, extraCa })).toBe('SECRET_NOT_FOUND');
    expect(tunnels).toEqual(['localhost']);
    expect(await read({ proxy: proxyUrl(), noProxy: 'localhost', extraCa })).toBe('SECRET_NOT_FOUND');
    expect(tunnels).toEqual(['localhost']);
  });
});
