import type { Intent } from '../intent.js';
import type { Token } from './account.js';
import type { K8sSecret } from './secret.js';
import type { K8sState } from './state.js';

/** All that is needed to log in, ready for `kubectl` and in parts. */
export function credentialOf(
  { server, ca }: K8sSecret,
  { state: { name, namespace } }: Intent<K8sState>,
  accountNamespace: string,
  { token, expirationTimestamp }: Token,
): Record<string, string> {
  return {
    kubeconfig: kubeconfig({ server, ca, token, name, namespace: namespace?.name }),
    server,
    certificate_authority: ca,
    token,
    service_account: `${accountNamespace}/${name}`,
    ...(namespace === undefined ? {} : { namespace: namespace.name }),
    expires_at: expirationTimestamp,
  };
}

interface Parts {
  readonly server: string;
  readonly ca: string;
  readonly token: string;
  readonly name: string;
  readonly namespace: string | undefined;
}

/** https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/; JSON is YAML. */
function kubeconfig({ server, ca, token, name, namespace }: Parts): string {
  const context = { cluster: name, user: name, ...(namespace === undefined ? {} : { namespace }) };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server, 'certificate-authority-data': Buffer.from(ca).toString('base64') } }],
    users: [{ name, user: { token } }],
    contexts: [{ name, context }],
    'current-context': name,
  };
  return `${JSON.stringify(config, undefined, 2)}\n`;
}

/** How long a JSON Web Token lives, by its own words; `undefined` for one that says nothing. */
export function lifeSeconds(token: string): number | undefined {
  const claims = claimsOf(token);
  return claims === undefined ? undefined : claims.exp - claims.iat;
}

/** When a JSON Web Token ends, unix seconds; `undefined` for one that says nothing. */
export function endOf(token: string): number | undefined {
  return claimsOf(token)?.exp;
}

function claimsOf(token: string): { readonly exp: number; readonly iat: number } | undefined {
  try {
    const { exp, iat } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
    return Number.isFinite(exp) && Number.isFinite(iat) ? { exp, iat } : undefined;
  } catch {
    return undefined;
  }
}
