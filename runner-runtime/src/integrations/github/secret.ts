import { createPrivateKey, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { apiBaseUrl } from '../../integration-kit/http/base-url.js';
import { isLogin } from './names.js';

/** https://docs.github.com/en/rest/using-the-rest-api/getting-started-with-the-rest-api */
const PUBLIC_API = 'https://api.github.com';
const LINE_LENGTH = 64;

/** The id of an app, or its client id: GitHub takes both as issuer. */
const appIdentifier = z
  .string()
  .trim()
  .regex(/^(\d{1,20}|Iv[A-Za-z0-9.]{8,60})$/, 'must be the App ID or the Client ID of the GitHub App');

const installationId = z
  .string()
  .trim()
  .regex(/^\d{1,20}$/, 'must be the number at the end of the URL of the installation');

const privateKey = z.string().transform((text, context): KeyObject => {
  const key = readRsaKey(text);
  if (key !== undefined) return key;
  context.addIssue({ code: 'custom', message: 'must be the PEM file that GitHub made for the app, unencrypted' });
  return z.NEVER;
});

/** The secret `axiom-security/github/<application id>`. */
export const secretSchema = z
  .object({
    github_app_identifier: appIdentifier,
    github_installation_id: installationId,
    github_org_name: z.string().trim().refine(isLogin, 'must be the name of an organization, as in its URL'),
    github_private_key: privateKey,
    api_base_url: apiBaseUrl.optional(),
  })
  .transform((fields) => ({
    app: fields.github_app_identifier,
    installation: fields.github_installation_id,
    org: fields.github_org_name,
    key: fields.github_private_key,
    base: fields.api_base_url ?? PUBLIC_API,
  }));
export type GithubSecret = z.infer<typeof secretSchema>;

/** Secret stores and shells tend to lose the line breaks of a PEM file: its lines are made anew. */
function readRsaKey(text: string): KeyObject | undefined {
  const [, label = '', body = ''] = /-----BEGIN ((?:RSA )?PRIVATE KEY)-----([\s\S]*?)-----END \1-----/.exec(text) ?? [];
  const lines = body.replace(/\\[nr]|\s/g, '').match(new RegExp(`.{1,${LINE_LENGTH}}`, 'g')) ?? [];
  try {
    const key = createPrivateKey(`-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`);
    return key.asymmetricKeyType === 'rsa' ? key : undefined;
  } catch {
    return undefined;
  }
}
