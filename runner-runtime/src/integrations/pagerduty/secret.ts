import { z } from 'zod';
import { apiBaseUrl } from '../../integration-kit/http/base-url.js';
import { isSubdomain } from './ids.js';

/** The service region US; keys of the region EU need `api_base_url`. https://support.pagerduty.com/main/docs/service-regions */
const PUBLIC_API = 'https://api.pagerduty.com';

/** Goes into a header as it is. */
const apiKey = z
  .string()
  .trim()
  .regex(/^[\x21-\x7e]{8,200}$/, 'must be a REST API key of PagerDuty, without blanks');

/** The secret `axiom-security/pagerduty/<company name>`. */
export const secretSchema = z
  .object({
    pagerduty_api_key: apiKey,
    pagerduty_company_name: z.string().trim().refine(isSubdomain, 'must be the first part of the address of the account'),
    api_base_url: apiBaseUrl.optional(),
  })
  .transform((fields) => ({
    key: fields.pagerduty_api_key,
    company: fields.pagerduty_company_name.toLowerCase(),
    base: fields.api_base_url ?? PUBLIC_API,
  }));
export type PagerdutySecret = z.infer<typeof secretSchema>;
