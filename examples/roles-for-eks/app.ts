import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { RunnerOidcRole, SecretsManagerProxyRole } from 'axiom-runner';

/**
 * The role of a runner in an EKS cluster, and a proxy role that it reads the integration secrets through, in one account:
 * the whole chain, to try out before the secrets get an account of their own.
 */
const app = new App();
const stack = new Stack(app, 'AxiomRoles', { description: 'Roles of an Axiom Runner in EKS' });

const runnerRole = new RunnerOidcRole(stack, 'RunnerRole', {
  // From: aws eks describe-cluster --name <cluster> --query cluster.identity.oidc.issuer --output text
  oidcProviderUrl: 'https://oidc.eks.us-west-2.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE',
  kubernetesNamespace: 'axiom',
});

const proxyRole = new SecretsManagerProxyRole(stack, 'ProxyRole', {
  externalId: '8f14e45fceea167a5a36dedd4bea2543', // your own, for example from: openssl rand -hex 16
  trustedPrincipal: runnerRole.role,
});

new CfnOutput(stack, 'AxiomRunnerIAMRole', { value: runnerRole.roleArn, description: 'Annotation eks.amazonaws.com/role-arn' });
new CfnOutput(stack, 'RoleArn', { value: proxyRole.roleArn, description: 'AWS_SECRETS_MANAGER_ROLE_ARN' });
new CfnOutput(stack, 'ExternalId', { value: proxyRole.externalId, description: 'AWS_SECRETS_MANAGER_ROLE_EXTERNAL_ID' });
