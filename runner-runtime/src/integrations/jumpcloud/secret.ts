import { z } from 'zod';
import { apiBaseUrl } from '../../integration-kit/http/base-url.js';

const CONSOLE = 'https://console.jumpcloud.com';

const apiKey = z
  .string()
  .trim()
  .regex(/^[\x21-\x7e]{1,512}$/, 'must be an API key, without blanks');

/** The console's own address: what its documentation calls the base of its two versions is left out. */
const consoleUrl = apiBaseUrl.transform((url) => url.replace(/\/api(\/v2)?$/, ''));

/** The secret `axiom-security/jumpcloud/<account id>`. */
export const secretSchema = z
  .object({ api_key: apiKey, api_base_url: consoleUrl.optional() })
  .transform(({ api_key: key, api_base_url: base }) => ({ key, base: base ?? CONSOLE }));
export type JumpCloudSecret = z.infer<typeof secretSchema>;
