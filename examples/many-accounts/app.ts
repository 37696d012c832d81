import { App, Stack } from 'aws-cdk-lib';
import { RunnerOidcRole, SecretsManagerProxyRole, stacks } from 'axiom-runner';

/**
 * Teams keep the secrets of their systems in accounts of their own. Each gets a runner group in the company's cluster, whose role may
 * assume the proxy role of that team's account only. The proxy roles are one small stack an account, which needs no bootstrap there.
 */
const RUNNERS = { account: '111122223333', region: 'eu-central-1' };
const OIDC_PROVIDER_URL = 'https://oidc.eks.eu-central-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE';
const PROXY_ROLE_NAME = 'Axiom-Security-SecretsManagerRole';

// External ids: another one for each account, for example from: openssl rand -hex 16
const STORES = [
  { team: 'Payments', account: '222233334444', region: 'eu-central-1', externalId: '8f14e45fceea167a5a36dedd4bea2543' },
  { team: 'Logistics', account: '444455556666', region: 'eu-central-1', externalId: '45c48cce2e2d7fbdea1afc51c7c6ad26' },
  { team: 'Analytics', account: '777788889999', region: 'us-east-1', externalId: 'c9f0f895fb98ab9159f51fd0297e236d' },
];

const app = new App();
const roles = new Stack(app, 'AxiomRunnerRoles', { env: RUNNERS, description: 'Roles of Axiom Runners, one for each team' });

for (const { team, account, region, externalId } of STORES) {
  const runnerRoleName = `axiomrunner-${team.toLowerCase()}`;
  new RunnerOidcRole(roles, team, {
    roleName: runnerRoleName,
    oidcProviderUrl: OIDC_PROVIDER_URL,
    serviceAccountName: runnerRoleName,
    secretStoreRegion: region,
    proxyRole: SecretsManagerProxyRole.fromSecretsManagerProxyRoleAttributes(roles, `${team}ProxyRole`, {
      roleArn: `arn:aws:iam::${account}:role/${PROXY_ROLE_NAME}`,
      externalId,
    }),
  });
  const store = new stacks.SecretsManagerRoleStack(app, `AxiomStore${team}`, {
    env: { account, region },
    externalId,
    trustedPrincipalArn: `arn:aws:iam::${RUNNERS.account}:role/${runnerRoleName}`,
    roleName: PROXY_ROLE_NAME,
  });
  // IAM refuses to trust a role that doesn't exist.
  store.addStackDependency(roles);
}
