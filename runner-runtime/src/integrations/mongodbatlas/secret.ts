import { z } from 'zod';
import { apiBaseUrl } from '../../integration-kit/http/base-url.js';

const PUBLIC_API = 'https://cloud.mongodb.com';
/** https://www.mongodb.com/docs/api/doc/atlas-admin-api-v2/ */
const INTERFACE = '/api/atlas/v2';

/** Whether there is such an organization, Atlas says in the connection test. */
const organizationId = z
  .string()
  .trim()
  .toLowerCase()
  .regex(/^[a-f0-9]{8,24}$/, 'must be the organization id: 24 hexadecimal digits');

/** A part of an API key: it stands in a header, and a colon parts its halves. */
const keyPart = z
  .string()
  .trim()
  .regex(/^[A-Za-z0-9_-]{1,200}$/, 'must be the key as Atlas showed it: letters, digits, hyphens');

/** The secret `axiom-security/mongodbatlas/<organization id>`. */
export const secretSchema = z
  .object({
    mongodbatlas_org_id: organizationId,
    mongodbatlas_public_key: keyPart,
    mongodbatlas_private_key: keyPart,
    api_base_url: apiBaseUrl.optional(),
  })
  .transform((fields) => ({
    org: fields.mongodbatlas_org_id,
    publicKey: fields.mongodbatlas_public_key,
    privateKey: fields.mongodbatlas_private_key,
    base: baseOf(fields.api_base_url ?? PUBLIC_API),
  }));
export type AtlasSecret = z.infer<typeof secretSchema>;

/** The address of the interface, whether its path was given with it or not. */
function baseOf(address: string): string {
  return address.endsWith(INTERFACE) ? address : address + INTERFACE;
}
