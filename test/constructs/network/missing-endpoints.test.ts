import { Annotations, CfnResource, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import { RunnerHostServices, RunnerVpcEndpoints } from '../../../constructs';
import { warnOfMissingEndpoints } from '../../../constructs/network/missing-endpoints';
import { aNetwork, anIsolatedNetwork } from '../../support/networks';
import { anApp, aStack, findingsIn } from '../../support/synth';

const HOST = RunnerHostServices.ecs();

function aHost(stack: Stack, vpc: ec2.IVpc, selection?: ec2.SubnetSelection): Construct {
  const host = new Construct(stack, 'Host');
  new CfnResource(host, 'Resource', { type: 'AWS::CloudFormation::WaitConditionHandle' });
  warnOfMissingEndpoints(host, vpc, vpc.selectSubnets(selection).subnets, HOST.services);
  return host;
}

const ISOLATED = { subnetType: ec2.SubnetType.PRIVATE_ISOLATED };

it('names every service that an isolated host cannot reach', () => {
  const stack = aStack();
  aHost(stack, anIsolatedNetwork(stack), ISOLATED);
  expect(findingsIn(stack)).toEqual([
    "The runner's subnets are isolated, and their VPC has no endpoint for secretsmanager, sts, logs, ecr.api, ecr.dkr, s3. Add RunnerVpcEndpoints. [ack: axiom-runner:missingVpcEndpoints]",
  ]);
});

it('names only those that are missing', () => {
  const stack = aStack();
  const vpc = anIsolatedNetwork(stack);
  vpc.addInterfaceEndpoint('Sts', { service: ec2.InterfaceVpcEndpointAwsService.STS });
  vpc.addGatewayEndpoint('S3', { service: ec2.GatewayVpcEndpointAwsService.S3 });
  aHost(stack, vpc, ISOLATED);
  expect(findingsIn(stack)[0]).toContain('no endpoint for secretsmanager, logs, ecr.api, ecr.dkr. Add');
});

it('sees endpoints that are added after the host, in another stack as well', () => {
  const app = anApp();
  const network = new Stack(app, 'Network');
  const vpc = anIsolatedNetwork(network);
  const stack = new Stack(app, 'Stack');
  aHost(stack, vpc, ISOLATED);
  new RunnerVpcEndpoints(new Stack(app, 'Endpoints'), 'Endpoints', { vpc, hosts: [HOST] });
  expect(findingsIn(stack)).toEqual([]);
});

it('does not count the endpoints of another network', () => {
  const stack = aStack();
  aHost(stack, anIsolatedNetwork(stack), ISOLATED);
  new RunnerVpcEndpoints(stack, 'Endpoints', { vpc: anIsolatedNetwork(stack, 'Other'), hosts: [HOST] });
  expect(findingsIn(stack)).toEqual([expect.stringContaining('secretsmanager')]);
});

it('says nothing of subnets with a way out', () => {
  const stack = aStack();
  aHost(stack, new ec2.Vpc(stack, 'Network', { maxAzs: 2, natGateways: 1, flowLogs: { All: {} } }));
  expect(findingsIn(stack)).toEqual([]);
});

it('says nothing of isolated subnets that lead out by a route which was added', () => {
  const stack = aStack();
  const vpc = anIsolatedNetwork(stack);
  aHost(stack, vpc, ISOLATED);
  vpc.isolatedSubnets.forEach((subnet, index) => {
    const { routeTableId } = subnet.routeTable;
    new ec2.CfnRoute(stack, `Route${index}`, {
      routeTableId,
      destinationCidrBlock: '0.0.0.0/0',
      transitGatewayId: 'tgw-0a1b2c3d4e5f60718',
    });
  });
  expect(findingsIn(stack)).toEqual([]);
});

it('says nothing of a network that was not made here', () => {
  const stack = aStack();
  aHost(stack, aNetwork(stack));
  expect(findingsIn(stack)).toEqual([]);
});

it('can be acknowledged', () => {
  const stack = aStack();
  const host = aHost(stack, anIsolatedNetwork(stack), ISOLATED);
  Annotations.of(host).acknowledgeWarning('axiom-runner:missingVpcEndpoints', 'They come from another stack.');
  expect(findingsIn(stack)).toEqual([]);
});
