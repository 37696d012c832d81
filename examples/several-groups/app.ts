import { App, Duration, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { EcsRunner, IntegrationSecret, RunnerImage } from 'axiom-runner';

/**
 * Two runner groups, because production deserves less trust in whoever asks: each in its own network, with its own API key and state key,
 * and with its own idea of what it may be asked to do. Neither can read a secret of the other.
 */
interface RunnerGroup {
  readonly id: string;
  /** Addresses of the group's own network. */
  readonly network: string;
  readonly systems: readonly { readonly systemType: string; readonly systemId: string }[];
  readonly maxAccessDuration: Duration;
  /** Cedar policies: docs/policies.md. */
  readonly policy: string;
}

const GROUPS: Readonly<Record<string, RunnerGroup>> = {
  Production: {
    id: 'production',
    network: '10.64.0.0/24',
    systems: [{ systemType: 'postgresql', systemId: 'orders.example.com' }],
    maxAccessDuration: Duration.hours(4),
    policy: `
      permit (principal, action in [Action::"TestConnection", Action::"CollectData", Action::"SweepOrphans"], resource);
      permit (principal, action, resource) when { context has permission && context.permission == "Read" };`,
  },
  Development: {
    id: 'development',
    network: '10.64.1.0/24',
    systems: [
      { systemType: 'postgresql', systemId: 'orders.dev.example.com' },
      { systemType: 'mysql', systemId: 'shop.dev.example.com' },
    ],
    maxAccessDuration: Duration.days(7),
    policy: 'permit (principal, action, resource);',
  },
};

const app = new App();
for (const [name, { id, network, systems, ...limits }] of Object.entries(GROUPS)) {
  const stack = new Stack(app, `AxiomRunner${name}`, { description: `Axiom Runner of the group ${id}` });
  const ipAddresses = ec2.IpAddresses.cidr(network);
  const images = ecr.Repository.fromRepositoryName(stack, 'Images', 'axiom-runner');
  const runner = new EcsRunner(stack, 'Runner', {
    tenantId: 'acme',
    runnerGroupId: id,
    apiKeySecret: secretsmanager.Secret.fromSecretNameV2(stack, 'ApiKey', `axiom-runner/${id}/api-key`),
    image: RunnerImage.fromEcr(images, 'sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef'), // yours
    vpc: new ec2.Vpc(stack, 'Network', { ipAddresses, maxAzs: 2, natGateways: 1, flowLogs: { All: {} } }),
    allowed: systems.map(({ systemType, systemId }) => `${systemType}/${systemId}`),
    ...limits,
  });
  for (const system of systems) {
    runner.grantRead(IntegrationSecret.fromIntegrationSecretAttributes(stack, system.systemId, system));
  }
}
