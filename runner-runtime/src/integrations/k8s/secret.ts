import { X509Certificate } from 'node:crypto';
import { z } from 'zod';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/** The base of the API: `https` only, since a token goes there. A path is kept, as some front ends of several clusters have one. */
const serverUrl = z
  .string()
  .trim()
  .transform((text) => (text.includes('://') ? text : `https://${text}`).replace(/\/+$/, ''))
  .refine(isServerUrl, 'must be a host, host:port or https URL, without user, query and fragment');

/** A token as a header takes it. What `kubectl get secret` prints is still base64. */
const token = z
  .string()
  .trim()
  .regex(/^[\x21-\x7e]+$/, 'must be one line without blanks')
  .refine((text) => !isEncodedToken(text), 'is encoded in base64: store the decoded token');

const authority = z.string().transform(asPem).refine(isCertificateBundle, 'must hold PEM certificates, as they are or in base64');

/** The secret `axiom-security/k8s/<endpoint>`. */
export const secretSchema = z
  .object({
    k8s_cluster_name: z.string().trim().min(1).max(1024),
    k8s_fqdn: serverUrl,
    k8s_cert_secret: token,
    k8s_cert_authority: authority,
  })
  .transform((fields) => ({
    /** What users call the cluster. */
    cluster: fields.k8s_cluster_name,
    /** `https://host:port`, without a slash at the end. */
    server: fields.k8s_fqdn,
    token: fields.k8s_cert_secret,
    /** PEM. */
    ca: fields.k8s_cert_authority,
  }));
export type K8sSecret = z.infer<typeof secretSchema>;

function isServerUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, search, hash } = new URL(text);
  return protocol === 'https:' && username === '' && password === '' && search === '' && hash === '';
}

/** A JSON Web Token starts with the base64 of `{"`; encoded once more, that starts otherwise. */
function isEncodedToken(text: string): boolean {
  return text.startsWith('ZXlK') && Buffer.from(text, 'base64').toString('latin1').split('.').length === 3;
}

function asPem(text: string): string {
  const plain = text.replaceAll('\\n', '\n');
  return plain.includes('-----BEGIN') ? plain : Buffer.from(plain, 'base64').toString('latin1');
}

function isCertificateBundle(text: string): boolean {
  const blocks = text.match(CERTIFICATE) ?? [];
  try {
    return blocks.length > 0 && blocks.every((block) => new X509Certificate(block).subject !== undefined);
  } catch {
    return false;
  }
}
