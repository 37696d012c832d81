import { z } from 'zod';
import type { JsonClient } from '../../integration-kit/http/json-client.js';
import { path } from '../../integration-kit/http/path.js';

/** What somebody wants to do, as the authorizer is asked. */
export interface Attempt {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly name?: string;
  /** Absent for the whole cluster. */
  readonly namespace?: string;
}

const verdictSchema = z.object({ status: z.object({ allowed: z.boolean() }) });

/** Whether the runner itself may do something. */
export async function mayI(api: JsonClient, attempt: Attempt): Promise<boolean> {
  const body = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec: { resourceAttributes: attempt } };
  const review = {
    method: 'POST',
    path: path`/apis/authorization.k8s.io/v1/selfsubjectaccessreviews`,
    body,
    schema: verdictSchema,
  } as const;
  return (await api.read(review)).status.allowed;
}

/** Who somebody is to the authorizer. */
export interface Identity {
  readonly user?: string;
  readonly groups: readonly string[];
}

/** Whether somebody else may do something. */
export async function may(api: JsonClient, { user, groups }: Identity, attempt: Attempt): Promise<boolean> {
  const spec = { ...(user === undefined ? {} : { user }), groups, resourceAttributes: attempt };
  const body = { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', spec };
  const review = { method: 'POST', path: path`/apis/authorization.k8s.io/v1/subjectaccessreviews`, body, schema: verdictSchema } as const;
  return (await api.read(review)).status.allowed;
}

const tokenReviewSchema = z.object({ status: z.object({ authenticated: z.boolean().optional() }) });

/** Whether a token opens the cluster. */
export async function isAccepted(api: JsonClient, token: string): Promise<boolean> {
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token } };
  const review = { method: 'POST', path: path`/apis/authentication.k8s.io/v1/tokenreviews`, body, schema: tokenReviewSchema } as const;
  return (await api.read(review)).status.authenticated === true;
}

const selfSchema = z.object({
  status: z.object({ userInfo: z.object({ username: z.string(), groups: z.array(z.string()).nullish() }) }),
});

/** Who the runner is in the cluster. */
export interface Self {
  readonly username: string;
  readonly groups: readonly string[];
  /** Its service account, where it is one. */
  readonly account: { readonly namespace: string; readonly name: string } | undefined;
}

/** https://kubernetes.io/docs/reference/access-authn-authz/authentication/#self-subject-review, from version 1.28 on. */
export async function whoAmI(api: JsonClient): Promise<Self> {
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
  const review = { method: 'POST', path: path`/apis/authentication.k8s.io/v1/selfsubjectreviews`, body, schema: selfSchema } as const;
  const { username, groups } = (await api.read(review)).status.userInfo;
  const [, namespace, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(username) ?? [];
  return { username, groups: groups ?? [], account: namespace === undefined || name === undefined ? undefined : { namespace, name } };
}
