import { createPrivateKey, type KeyObject } from 'node:crypto';
import { z } from 'zod';

/** Google's hosts for tokens, Private Service Connect's names for them included; plain `http` is taken for a loopback address only. */
const TOKEN_HOST = /^((oauth2|accounts|www)(-[a-z0-9-]{1,63}\.p)?\.googleapis\.com|accounts\.google\.com)$/;
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;
/** Google's own rule: keys of service accounts are RSA keys of 2048 bits or more. */
const FEWEST_BITS = 2048;

/** What identifies a service account and signs for it. */
export interface ServiceAccountKey {
  readonly email: string;
  /** Numeric id; domain-wide delegation is given to it. */
  readonly clientId: string;
  readonly keyId: string;
  readonly privateKey: KeyObject;
  /** Where assertions are sent, and what they are for. */
  readonly tokenUri: string;
}

/**
 * The fields of a key file as the Google Cloud console writes it, for the schema of a secret;
 * https://cloud.google.com/iam/docs/keys-create-delete#creating
 */
export const keyFileFields = {
  type: z.literal('service_account', 'must be service_account: use the key file of a service account'),
  client_email: z
    .string()
    .trim()
    .regex(/^[^\s@]{1,64}@[^\s@]{1,255}$/, 'must be the e-mail of the service account'),
  client_id: z
    .string()
    .trim()
    .regex(/^\d{1,40}$/, 'must be the numeric id of the service account'),
  private_key_id: z.string().trim().min(1),
  private_key: z.string().transform((text, context) => {
    const key = readKey(text.replaceAll('\\n', '\n'));
    if (key !== undefined) return key;
    context.addIssue('must be the PEM text of an RSA private key, as in the key file');
    return z.NEVER;
  }),
  // An assertion opens the vendor: it goes to the vendor only.
  token_uri: z.string().trim().refine(isTokenUri, "must be Google's token endpoint, as in the key file"),
};

const keyFileSchema = z.object(keyFileFields);

/** The key in the fields of a secret that were read by {@link keyFileFields}. */
export function serviceAccountKey(fields: z.infer<typeof keyFileSchema>): ServiceAccountKey {
  return {
    email: fields.client_email,
    clientId: fields.client_id,
    keyId: fields.private_key_id,
    privateKey: fields.private_key,
    tokenUri: fields.token_uri,
  };
}

function readKey(pem: string): KeyObject | undefined {
  try {
    const key = createPrivateKey(pem);
    return key.asymmetricKeyType === 'rsa' && (key.asymmetricKeyDetails?.modulusLength ?? 0) >= FEWEST_BITS ? key : undefined;
  } catch {
    return undefined;
  }
}

function isTokenUri(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, port, username, password, search, hash } = new URL(text);
  if (username !== '' || password !== '' || search !== '' || hash !== '') return false;
  if (LOOPBACK.test(hostname)) return protocol === 'https:' || protocol === 'http:';
  return protocol === 'https:' && port === '' && TOKEN_HOST.test(hostname);
}
