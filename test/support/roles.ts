import type { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { RunnerOidcRole, type RunnerOidcRoleProps, SecretsManagerProxyRole, type SecretsManagerProxyRoleProps } from '../../constructs';
import { ACCOUNT, OTHER_ACCOUNT } from './synth';

export const EXTERNAL_ID = '8f14e45fceea167a';
export const RUNNER_ROLE_ARN = `arn:aws:iam::${OTHER_ACCOUNT}:role/axiomrunner-role`;
export const PROXY_ROLE_ARN = `arn:aws:iam::${OTHER_ACCOUNT}:role/Axiom-Security-SecretsManagerRole`;
export const KEY_ARN = `arn:aws:kms:eu-central-1:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
export const ISSUER = 'oidc.eks.eu-central-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE';
export const PROVIDER_ARN = `arn:aws:iam::${ACCOUNT}:oidc-provider/${ISSUER}`;

/** A proxy role for a runner of another account. */
export function aProxyRole(stack: Stack, props: Partial<SecretsManagerProxyRoleProps> = {}, id = 'ProxyRole'): SecretsManagerProxyRole {
  const trustedPrincipal = new iam.ArnPrincipal(RUNNER_ROLE_ARN);
  return new SecretsManagerProxyRole(stack, id, { externalId: EXTERNAL_ID, trustedPrincipal, ...props });
}

/** A role for a runner in the cluster of `ISSUER`. */
export function aRunnerRole(stack: Stack, props: Partial<RunnerOidcRoleProps> = {}, id = 'RunnerRole'): RunnerOidcRole {
  return new RunnerOidcRole(stack, id, { oidcProviderArn: PROVIDER_ARN, ...props });
}
