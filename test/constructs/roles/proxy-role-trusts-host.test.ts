import { Stack } from 'aws-cdk-lib';
import { type RunnerHost, SecretsManagerProxyRole } from '../../../constructs';
import { anEc2Runner } from '../../support/ec2-runner';
import { anEcsRunner } from '../../support/ecs-runner';
import { EXTERNAL_ID } from '../../support/roles';
import { ACCOUNT, anApp, OTHER_ACCOUNT, trustPolicyIn } from '../../support/synth';

it.each<[string, (stack: Stack) => RunnerHost]>([
  ['ECS', anEcsRunner],
  ['EC2', anEc2Runner],
])('a proxy role in another account trusts the role of a runner on %s by its name, and no more than it', (_, runnerIn) => {
  const app = anApp();
  const runner = runnerIn(new Stack(app, 'RunnerAccount', { env: { account: ACCOUNT, region: 'eu-central-1' } }));
  const store = new Stack(app, 'StoreAccount', { env: { account: OTHER_ACCOUNT, region: 'eu-central-1' } });
  new SecretsManagerProxyRole(store, 'ProxyRole', { externalId: EXTERNAL_ID, trustedPrincipal: runner.role });
  expect(JSON.stringify(trustPolicyIn(store))).toMatch(new RegExp(`:iam::${ACCOUNT}:role/runneraccount`));
});
