import { z } from 'zod';
import { RunnerError } from '../../errors.js';
import { path } from '../../integration-kit/http/path.js';
import type { SystemAccess } from '../../integrations/integration.js';
import type { Fetch } from '../../operations/transport.js';
import type { AzureadSecret } from './secret.js';

/** A token, and what it says of its bearer. Its claims are read for explanations only: Graph judges it. */
export interface Token {
  readonly bearer: string;
  readonly tenantId: string;
  /** Object id of the application's own service principal. */
  readonly servicePrincipalId: string;
  /** Application permissions that were consented to. */
  readonly roles: readonly string[];
  /** Templates of directory roles that the application itself has. */
  readonly directoryRoles: readonly string[];
}

/** https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow */
const answerSchema = z.object({ access_token: z.string().min(1) });
const refusalSchema = z.object({ error_codes: z.array(z.int()) });
/** https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference */
const claimsSchema = z.object({
  tid: z.string(),
  oid: z.string(),
  roles: z.array(z.string()).default([]),
  wids: z.array(z.string()).default([]),
});
/** Every token has it: the template of no role. */
const NO_ROLE = '0997a1d0-0d1d-4acb-b408-d5ca73121e90';

/** @throws {RunnerError} `TARGET_AUTH_FAILED` that tells apart what is wrong with the secret, `TARGET_UNREACHABLE` */
export async function requestToken({ secret }: Pick<SystemAccess<AzureadSecret>, 'secret'>, fetch: Fetch): Promise<Token> {
  const { cloud, tenant, clientId, clientSecret } = secret;
  const response = await fetch(cloud.login + path`/${tenant}/oauth2/v2.0/token`, {
    method: 'POST',
    headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: clientSecret,
      scope: `${cloud.graph}/.default`,
    }).toString(),
  });
  const answer = await json(response);
  if (!response.ok) throw refused(response.status, refusalSchema.safeParse(answer).data?.error_codes[0], secret);
  const token = answerSchema.safeParse(answer);
  const claims = claimsSchema.safeParse(claimsOf(token.data?.access_token));
  if (!token.success || !claims.success) {
    throw new RunnerError('TARGET_UNREACHABLE', 'The sign-in endpoint does not answer with a token.', {
      object: new URL(cloud.login).host,
      mend: 'Check that no proxy answers in its place.',
    });
  }
  const { tid, oid, roles, wids } = claims.data;
  return {
    bearer: token.data.access_token,
    tenantId: tid.toLowerCase(),
    servicePrincipalId: oid.toLowerCase(),
    roles,
    directoryRoles: wids.filter((id) => id !== NO_ROLE),
  };
}

/** Whether a call is the one for a token: it changes nothing. */
export function isTokenCall({ pathname }: URL): boolean {
  return pathname.endsWith('/oauth2/v2.0/token');
}

async function json(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    return undefined;
  }
}

function claimsOf(token: string | undefined): unknown {
  try {
    return JSON.parse(Buffer.from(token?.split('.')[1] ?? '', 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}

const RENEW = 'Make a new client secret (App registrations > Certificates & secrets) and store it in azuread_client_secret.';

/** https://learn.microsoft.com/entra/identity-platform/reference-error-codes */
function refused(status: number, code: number | undefined, { tenant, clientId, cloud }: AzureadSecret): RunnerError {
  const failed = (message: string, object: string, mend: string) => new RunnerError('TARGET_AUTH_FAILED', message, { object, mend });
  switch (code) {
    case 7000215:
      return failed('The client secret is wrong.', clientId, 'Store the value of the client secret, not its id, in azuread_client_secret.');
    case 7000222:
      return failed('The client secret has expired.', clientId, RENEW);
    case 90002:
    case 900023:
      return failed('There is no such tenant in this cloud.', tenant, 'Check azuread_tenant_id, and api_base_url for a sovereign cloud.');
    case 700016:
      return failed('The tenant has no such application.', clientId, 'Check azuread_client_id, and that it belongs to azuread_tenant_id.');
    case 7000112:
      return failed('The application is disabled in the tenant.', clientId, 'Enable it under Enterprise applications.');
    case 53003:
      return failed(
        'A Conditional Access policy blocks the application.',
        clientId,
        "Exclude the runner's addresses or the application from it.",
      );
    default:
  }
  if (status >= 500) {
    return new RunnerError('TARGET_UNREACHABLE', `The sign-in endpoint does not do its work (status ${status}).`, {
      object: new URL(cloud.login).host,
    });
  }
  return failed('The tenant refuses the credential.', code === undefined ? clientId : `AADSTS${code}`, 'Check the fields of the secret.');
}
