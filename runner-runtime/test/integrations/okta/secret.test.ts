import { describe, expect, it } from '@jest/globals';
import { secretSchema } from '../../../src/integrations/okta/secret.js';

const hostOf = (okta_domain: string) => secretSchema.parse({ okta_domain, token: 'example' }).host;

describe('the secret', () => {
  it('is taken as the published guide writes it', () => {
    const published = { okta_domain: 'examplecompany.okta.com', token: 'gjsdkfgy67823yroiwhgaskufgy8923r' };
    expect(secretSchema.parse(published)).toEqual({
      host: 'examplecompany.okta.com',
      token: 'gjsdkfgy67823yroiwhgaskufgy8923r',
      base: 'https://examplecompany.okta.com',
    });
  });

  it('names the org by its subdomain, its host, a custom domain or the address of a browser', () => {
    expect(hostOf('example')).toBe('example.okta.com');
    expect(hostOf('example.oktapreview.com')).toBe('example.oktapreview.com');
    expect(hostOf('example.okta-emea.com')).toBe('example.okta-emea.com');
    expect(hostOf('login.example.com')).toBe('login.example.com');
    expect(hostOf(' https://Example.okta.com/ ')).toBe('example.okta.com');
  });

  it('refuses the address of the Admin Console, and says why', () => {
    const { error } = secretSchema.safeParse({ okta_domain: 'example-admin.okta.com', token: 'example' });
    expect(error?.issues.map(({ message }) => message)).toEqual(['is the address of the Admin Console: leave out "-admin"']);
  });

  it('takes a token with the name of its scheme', () => {
    expect(secretSchema.parse({ okta_domain: 'example', token: 'SSWS example' }).token).toBe('example');
  });
});
