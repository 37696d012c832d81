import { z } from 'zod';
import { keyFileFields, type ServiceAccountKey, serviceAccountKey } from '../../integration-kit/google/key-file.js';
import { apiBaseUrl } from '../../integration-kit/http/base-url.js';
import { isProjectId } from './names.js';

/** The secret `axiom-security/gcp/<organization id>`: a key file, and the organization. */
export const secretSchema = z
  .object({
    ...keyFileFields,
    project_id: z.string().trim().refine(isProjectId, 'must be the id of the project of the service account, as in the key file'),
    gcp_organization_id: z
      .string()
      .trim()
      .transform((text) => text.replace(/^organizations\//, ''))
      .pipe(z.string().regex(/^[1-9]\d{0,19}$/, 'must be the number of the organization: gcloud organizations list')),
    api_base_url: apiBaseUrl.optional(),
  })
  .transform(
    (fields): GcpSecret => ({
      key: serviceAccountKey(fields),
      project: fields.project_id,
      organization: fields.gcp_organization_id,
      base: fields.api_base_url,
    }),
  );

export interface GcpSecret {
  readonly key: ServiceAccountKey;
  /** Id of the project that the runner's service account is in. */
  readonly project: string;
  /** Number of the organization. */
  readonly organization: string;
  /** One address for all interfaces; absent where each has Google's own. */
  readonly base: string | undefined;
}
