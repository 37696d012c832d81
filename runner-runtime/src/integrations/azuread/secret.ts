import { z } from 'zod';
import { apiBaseUrl } from '../../integration-kit/http/base-url.js';
import { type Cloud, cloudOf, GRAPH_ENDPOINTS, PUBLIC_CLOUD } from './clouds.js';

const tenant = z
  .string()
  .trim()
  .regex(/^[A-Za-z0-9][A-Za-z0-9.-]{0,252}$/, 'must be the id or a domain of the tenant');

const credential = z
  .string()
  .trim()
  .regex(/^[\x21-\x7e]{1,512}$/, 'must be one line without blanks');

const cloud = apiBaseUrl.transform((endpoint, context): Cloud => {
  const known = cloudOf(endpoint);
  if (known !== undefined) return known;
  context.addIssue({ code: 'custom', message: `must be one of ${GRAPH_ENDPOINTS.join(', ')}` });
  return z.NEVER;
});

/** The secret `axiom-security/azuread/<tenant id>`. */
export const secretSchema = z
  .object({
    azuread_tenant_id: tenant,
    azuread_client_id: credential,
    azuread_client_secret: credential,
    api_base_url: cloud.prefault(PUBLIC_CLOUD),
  })
  .transform((fields) => ({
    /** Id or domain, as the secret has it. */
    tenant: fields.azuread_tenant_id,
    clientId: fields.azuread_client_id,
    clientSecret: fields.azuread_client_secret,
    cloud: fields.api_base_url,
  }));
export type AzureadSecret = z.infer<typeof secretSchema>;
