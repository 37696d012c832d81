import { App, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { EcsRunner, RunnerEgress, RunnerHostServices, RunnerImage, RunnerVpcEndpoints } from 'axiom-runner';

/**
 * Runners in a network without internet: no NAT gateway, no internet gateway. They reach AWS through VPC endpoints, and the control plane
 * through the company's HTTP proxy, which is behind a transit gateway. The security group lets out nothing else.
 */
const COMPANY_NETWORK = '10.0.0.0/8';
const PROXY_NETWORK = '10.8.0.0/24';
const DATABASES = '10.20.0.0/16';
// From: aws ec2 describe-managed-prefix-lists --filters Name=prefix-list-name,Values=com.amazonaws.eu-central-1.s3
const S3_PREFIX_LIST = 'pl-6ea54007';

const app = new App();
const stack = new Stack(app, 'AxiomRunner', { env: { region: 'eu-central-1' }, description: 'Axiom Runner in a network without internet' });

const vpc = new ec2.Vpc(stack, 'Network', {
  ipAddresses: ec2.IpAddresses.cidr('10.64.0.0/24'),
  maxAzs: 2,
  subnetConfiguration: [{ name: 'Runner', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }],
  flowLogs: { All: {} },
});
new RunnerVpcEndpoints(stack, 'Endpoints', { vpc, hosts: [RunnerHostServices.ecs()] });

const transitGatewayId = 'tgw-0a1b2c3d4e5f60718';
const { subnetIds } = vpc.selectSubnets({ subnetType: ec2.SubnetType.PRIVATE_ISOLATED });
const attachment = new ec2.CfnTransitGatewayAttachment(stack, 'Attachment', { transitGatewayId, vpcId: vpc.vpcId, subnetIds });
for (const [index, { routeTable }] of vpc.isolatedSubnets.entries()) {
  const { routeTableId } = routeTable;
  const route = new ec2.CfnRoute(stack, `Route${index + 1}`, { routeTableId, destinationCidrBlock: COMPANY_NETWORK, transitGatewayId });
  route.addResourceDependency(attachment);
}

const runner = new EcsRunner(stack, 'Runner', {
  tenantId: 'acme',
  runnerGroupId: 'eu-1',
  apiKeySecret: secretsmanager.Secret.fromSecretNameV2(stack, 'ApiKey', 'axiom-runner/api-key'),
  image: RunnerImage.fromEcr(
    ecr.Repository.fromRepositoryName(stack, 'Images', 'axiom-runner'),
    'sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef', // yours
  ),
  vpc,
  httpsProxy: 'http://proxy.example.com:3128',
  noProxy: ['.amazonaws.com'], // AWS: through the endpoints, not through the proxy
  egress: RunnerEgress.allowList({
    controlPlane: [ec2.Peer.ipv4(PROXY_NETWORK)],
    gatewayEndpoints: [ec2.Peer.prefixList(S3_PREFIX_LIST)],
  }),
});
runner.connections.allowTo(ec2.Peer.ipv4(DATABASES), ec2.Port.POSTGRES, 'Databases that tasks touch');
