import * as axiom from '..';

it('exports the constructs, and the stacks as a submodule, and nothing of their inside', () => {
  expect(Object.keys(axiom).sort()).toEqual([
    'Ec2Runner',
    'EcsRunner',
    'EcsRunnerCapacity',
    'EksRunner',
    'IntegrationSecret',
    'RunnerApiKey',
    'RunnerArchitecture',
    'RunnerArtifact',
    'RunnerAwsService',
    'RunnerChart',
    'RunnerCluster',
    'RunnerEgress',
    'RunnerHost',
    'RunnerHostServices',
    'RunnerIdentity',
    'RunnerImage',
    'RunnerLogLevel',
    'RunnerMonitoring',
    'RunnerOidcRole',
    'RunnerPodIdentityRole',
    'RunnerVpcEndpoints',
    'SecretsManagerProxyRole',
    'stacks',
  ]);
  expect(Object.keys(axiom.stacks).sort()).toEqual([
    'Ec2RunnerStack',
    'EcsRunnerStack',
    'EksRunnerStack',
    'OidcRoleStack',
    'SecretsManagerRoleStack',
  ]);
});
