import type { Check } from '@axiom-runner/protocol';
import { z } from 'zod';
import { RunnerError } from '../../errors.js';
import { type Answer, declaredChecks, failed } from '../../integration-kit/check-answers.js';
import type { JsonClient } from '../../integration-kit/http/json-client.js';
import { path } from '../../integration-kit/http/path.js';
import { type Access, openApi } from './api.js';
import { endOf } from './credential.js';
import { BUILT_IN, declaration } from './declaration.js';
import { readPiece } from './list.js';
import { namespaceSchema, RBAC_GROUP } from './objects.js';
import { NAMESPACES } from './paths.js';
import { type Attempt, mayI, type Self, whoAmI } from './reviews.js';

/** Has the review of oneself, and all else that is used, as stable interfaces. */
const OLDEST_MINOR = 28;
/** A token that ends sooner is worth a word. */
const SHORT_SECONDS = 14 * 24 * 3600;
const MANY = 50;
const DOCS = 'See docs/integrations/k8s.md.';

type Answers = Readonly<Record<string, Answer>>;

/** Runs the declared checks in their order; what depends on a failed one is skipped. */
export async function testConnection(access: Access): Promise<Check[]> {
  return declaredChecks(declaration, await answer(access));
}

async function answer(access: Access): Promise<Answers> {
  const api = openApi(access);
  const connect: Answer = { outcome: 'ok', detail: `Connected to ${access.secret.server}; the certificate is of the given authority.` };
  let self: Self;
  try {
    self = await whoAmI(api);
  } catch (error) {
    if (!(error instanceof RunnerError) || access.signal.aborted) throw error;
    if (error.code === 'TARGET_AUTH_FAILED') return { connect, authenticate: refused() };
    if (error.code === 'TARGET_NOT_FOUND') return { connect, version: tooOld('The API server') };
    return { connect: failed(error) };
  }
  const account = self.account?.namespace;
  return {
    connect,
    authenticate: authenticated(access, self),
    version: await judge(access, () => version(api)),
    read: await judge(access, () => rights(api, 'permission_missing', READ)),
    'role-bindings': await judge(access, () => rights(api, 'permission_missing', changing('rolebindings'))),
    'cluster-role-bindings': await judge(access, () => rights(api, 'warning', changing('clusterrolebindings'))),
    'temporary-accounts': await judge(access, async () =>
      account === undefined ? noAccount() : rights(api, 'warning', accountsIn(account)),
    ),
    bind: await judge(access, () => bind(api)),
    prove: await judge(access, () => rights(api, 'warning', PROVE)),
    empty: await judge(access, () => empty(api, account)),
  };
}

/** A call that fails is the answer of its check alone. */
async function judge(access: Access, check: () => Promise<Answer>): Promise<Answer> {
  try {
    return await check();
  } catch (error) {
    if (!(error instanceof RunnerError) || access.signal.aborted) throw error;
    return failed(error);
  }
}

function refused(): Answer {
  return {
    outcome: 'authentication_failed',
    detail: 'The API server refuses the token.',
    mend: 'Put a token of the service account that is valid, and not encoded, into k8s_cert_secret.',
  };
}

function authenticated(access: Access, { username, account }: Self): Answer {
  const end = endOf(access.secret.token);
  const left = end === undefined ? undefined : end - access.now() / 1000;
  if (left !== undefined && left < SHORT_SECONDS) {
    return {
      outcome: 'warning',
      detail: `Authenticated as ${username}; the token ends in ${Math.max(0, Math.floor(left / 86_400))} days.`,
      mend: 'Store a new token before that.',
    };
  }
  if (account !== undefined) return { outcome: 'ok', detail: `Authenticated as ${username}.` };
  return { outcome: 'warning', detail: `Authenticated as ${username}, which is no service account.`, mend: DOCS };
}

async function version(api: JsonClient): Promise<Answer> {
  const schema = z.object({ major: z.string(), minor: z.string(), gitVersion: z.string().regex(/^v[\w.+-]{1,60}$/) });
  const { major, minor, gitVersion } = await api.read({ path: path`/version`, schema });
  if (Number(major) > 1 || Number.parseInt(minor, 10) >= OLDEST_MINOR) return { outcome: 'ok', detail: `Kubernetes ${gitVersion}.` };
  return tooOld(`Kubernetes ${gitVersion}`);
}

function tooOld(what: string): Answer {
  return { outcome: 'failed', detail: `${what} is not supported.`, mend: `Upgrade to Kubernetes 1.${OLDEST_MINOR} or later.` };
}

function all(group: string, resources: readonly string[], verbs: readonly string[], place: Pick<Attempt, 'namespace'> = {}): Attempt[] {
  return resources.flatMap((resource) => verbs.map((verb): Attempt => ({ verb, group, resource, ...place })));
}

const READ: readonly Attempt[] = [
  ...all('', ['namespaces', 'serviceaccounts'], ['get', 'list']),
  ...all(RBAC_GROUP, ['roles', 'clusterroles', 'rolebindings', 'clusterrolebindings'], ['get', 'list']),
];
const PROVE: readonly Attempt[] = [
  ...all('authorization.k8s.io', ['subjectaccessreviews'], ['create']),
  ...all('authentication.k8s.io', ['tokenreviews'], ['create']),
];

function changing(resource: string): Attempt[] {
  return all(RBAC_GROUP, [resource], ['create', 'patch', 'delete']);
}

function accountsIn(namespace: string): Attempt[] {
  return [
    ...all('', ['serviceaccounts'], ['create', 'patch', 'delete'], { namespace }),
    { verb: 'create', group: '', resource: 'serviceaccounts', subresource: 'token', namespace },
  ];
}

function noAccount(): Answer {
  return { outcome: 'warning', detail: 'Temporary service accounts need the token of a service account.', mend: DOCS };
}

async function rights(api: JsonClient, outcome: 'permission_missing' | 'warning', attempts: readonly Attempt[]): Promise<Answer> {
  const missing: string[] = [];
  for (const attempt of attempts) if (!(await mayI(api, attempt))) missing.push(textOf(attempt));
  if (missing.length === 0) return { outcome: 'ok', detail: `The account may ${attempts.map(textOf).join(', ')}.` };
  return { outcome, detail: `The account may not ${missing.join(', ')}.`, mend: `Add it to the roles of the account. ${DOCS}` };
}

function textOf({ verb, resource, subresource }: Attempt): string {
  return `${verb} ${resource}${subresource === undefined ? '' : `/${subresource}`}`;
}

async function bind(api: JsonClient): Promise<Answer> {
  const mayBind = (name: string) => mayI(api, { verb: 'bind', group: RBAC_GROUP, resource: 'clusterroles', name });
  if (await mayBind('cluster-admin')) {
    return {
      outcome: 'warning',
      detail: 'The account may give cluster-admin, which is more than the runner should be trusted with.',
      mend: 'Name the roles that it may give, in resourceNames of the rule with the verb "bind".',
    };
  }
  const bindable: string[] = [];
  for (const name of BUILT_IN) if (await mayBind(name)) bindable.push(name);
  if (bindable.length > 0) return { outcome: 'ok', detail: `Of the built-in roles the account may give ${bindable.join(', ')}.` };
  return {
    outcome: 'warning',
    detail: 'The account may give none of view, edit, admin; other roles only where it may bind them, or has all their rights.',
    mend: `Add a rule with the verb "bind" and resourceNames. ${DOCS}`,
  };
}

async function empty(api: JsonClient, own: string | undefined): Promise<Answer> {
  const piece = await readPiece(api, { path: NAMESPACES, schema: namespaceSchema }, undefined, MANY);
  const names = piece === 'expired' ? [] : piece.objects.map(({ metadata }) => metadata.name);
  const count = names.filter((name) => name !== 'default' && name !== own && !name.startsWith('kube-')).length;
  if (count > 0)
    return {
      outcome: 'ok',
      detail: `There are ${count} namespaces${names.length === MANY ? ' or more' : ''} besides those of Kubernetes.`,
    };
  return {
    outcome: 'empty',
    detail: 'There is no namespace besides those of Kubernetes.',
    mend: 'Check that k8s_fqdn is the right cluster.',
  };
}
