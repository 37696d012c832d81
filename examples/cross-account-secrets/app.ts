import { App, Stack } from 'aws-cdk-lib';
import { RunnerOidcRole, SecretsManagerProxyRole } from 'axiom-runner';

/**
 * The integration secrets are in one account, the runner is in another. The runner's role may assume this one proxy role and no other,
 * and the proxy role trusts this one runner and no other.
 */
const RUNNER = { account: '111122223333', region: 'eu-central-1' };
const STORE = { account: '444455556666', region: 'eu-central-1' };
const PROXY_ROLE_NAME = 'Axiom-Security-SecretsManagerRole';
const EXTERNAL_ID = '8f14e45fceea167a5a36dedd4bea2543'; // your own, for example from: openssl rand -hex 16

const app = new App();

const runnerStack = new Stack(app, 'AxiomRunnerAccount', { env: RUNNER, description: 'Role of an Axiom Runner in EKS' });
const runnerRole = new RunnerOidcRole(runnerStack, 'RunnerRole', {
  oidcProviderUrl: 'https://oidc.eks.eu-central-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE',
  proxyRole: SecretsManagerProxyRole.fromSecretsManagerProxyRoleAttributes(runnerStack, 'ProxyRole', {
    roleArn: `arn:aws:iam::${STORE.account}:role/${PROXY_ROLE_NAME}`,
    externalId: EXTERNAL_ID,
  }),
});

const storeStack = new Stack(app, 'AxiomStoreAccount', { env: STORE, description: 'Proxy role of an Axiom Runner in another account' });
new SecretsManagerProxyRole(storeStack, 'ProxyRole', {
  roleName: PROXY_ROLE_NAME,
  externalId: EXTERNAL_ID,
  trustedPrincipal: runnerRole.role,
});

// IAM refuses to trust a role that doesn't exist.
storeStack.addStackDependency(runnerStack);
