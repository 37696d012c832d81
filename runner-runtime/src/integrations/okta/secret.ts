import { z } from 'zod';
import { apiBaseUrl } from '../../integration-kit/http/base-url.js';

const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
const SUBDOMAIN = new RegExp(`^${LABEL}$`);
const HOST = new RegExp(`^(?:${LABEL}\\.)+[a-z]{2,63}$`);
/** The Admin Console has an address of its own, which does not answer API calls: https://help.okta.com/okta_help.htm?id=ext-Security_General */
const ADMIN_CONSOLE = /-admin\.(?:okta|oktapreview|okta-emea|okta-gov|trexcloud)\.com$/;

/** A host (`example.okta.com`, a custom domain), a bare subdomain, or either as it is copied from a browser's address line. */
const oktaDomain = z
  .string()
  .trim()
  .toLowerCase()
  .transform((text) => text.replace(/^https:\/\//, '').replace(/\/+$/, ''))
  .transform((text) => (SUBDOMAIN.test(text) ? `${text}.okta.com` : text))
  .refine((host) => HOST.test(host), 'must be a host such as example.okta.com, or its subdomain')
  .refine((host) => !ADMIN_CONSOLE.test(host), 'is the address of the Admin Console: leave out "-admin"');

/** An API token; `SSWS` is the name of its scheme, which is often copied with it. */
const apiToken = z
  .string()
  .trim()
  .transform((text) => text.replace(/^SSWS\s+/i, ''))
  .refine((token) => /^[\x21-\x7e]{1,512}$/.test(token), 'must be an API token, without blanks');

/** The secret `axiom-security/okta/<organization subdomain>`. */
export const secretSchema = z
  .object({ okta_domain: oktaDomain, token: apiToken, api_base_url: apiBaseUrl.optional() })
  .transform(({ okta_domain: host, token, api_base_url: base }) => ({ host, token, base: base ?? `https://${host}` }));
export type OktaSecret = z.infer<typeof secretSchema>;
