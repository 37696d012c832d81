import { z } from 'zod';
import { keyFileFields, serviceAccountKey } from '../../integration-kit/google/key-file.js';
import { apiBaseUrl } from '../../integration-kit/http/base-url.js';

/** The secret `axiom-security/googleworkspace/<customer id>`: a key file with two fields more. */
export const secretSchema = z
  .object({
    ...keyFileFields,
    customer_id: z
      .string()
      .trim()
      .regex(/^[A-Za-z0-9]{1,40}$/, 'must be the customer id: letters and digits'),
    impersonation_email: z.string().trim().min(1),
    api_base_url: apiBaseUrl.optional(),
  })
  .transform((fields) => ({
    key: serviceAccountKey(fields),
    customerId: fields.customer_id,
    /** The administrator that the service account acts as. */
    subject: fields.impersonation_email,
    baseUrl: fields.api_base_url,
  }));
export type WorkspaceSecret = z.infer<typeof secretSchema>;
