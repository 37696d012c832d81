import { describe, expect, it } from '@jest/globals';
import { unverifiedTls, verifiedTls } from '../../../src/integration-kit/database/tls.js';

describe('TLS to a database', () => {
  it('is compared with the host that was asked for: a name, or an address', () => {
    const named = verifiedTls({ host: 'db.example.com', certificates: undefined });
    expect(named).toEqual({ rejectUnauthorized: true, minVersion: 'TLSv1.2', servername: 'db.example.com' });
    for (const host of ['10.0.0.1', '::1']) {
      expect(verifiedTls({ host, certificates: undefined })).toEqual({ rejectUnauthorized: true, minVersion: 'TLSv1.2', host });
    }
  });

  it('trusts the authorities of the settings and of the secret', () => {
    expect(verifiedTls({ host: 'db.example.com', certificates: 'own' }, ['root']).ca).toEqual(['root', 'own']);
    expect(unverifiedTls({ host: 'db.example.com', certificates: 'own' })).toEqual({
      rejectUnauthorized: false,
      servername: 'db.example.com',
    });
  });
});
