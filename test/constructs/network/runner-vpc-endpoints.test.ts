import type { Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { RunnerAwsService, RunnerHostServices, RunnerVpcEndpoints, type RunnerVpcEndpointsProps } from '../../../constructs';
import { aNetwork, anIsolatedNetwork } from '../../support/networks';
import { aStack, aStackIn, findingsIn, logicalIdsIn, PARTITIONS, refusalOf, templateOf, theOne } from '../../support/synth';

const { ecs, ec2: instances, eks } = RunnerHostServices;

function endpoints(stack: Stack, props: Partial<RunnerVpcEndpointsProps> = {}, id = 'Endpoints'): RunnerVpcEndpoints {
  return new RunnerVpcEndpoints(stack, id, { vpc: props.vpc ?? aNetwork(stack, `${id}Network`), hosts: [ecs()], ...props });
}

describe('the services that a host calls', () => {
  const ofEveryRunner = ['secretsmanager', 'sts'];
  const ofEcs = [...ofEveryRunner, 'logs', 'ecr.api', 'ecr.dkr', 's3'];
  const ofEc2 = [...ofEveryRunner, 'logs', 'monitoring', 'cloudformation', 's3'];

  it.each([
    ['on ECS', ecs(), ofEcs],
    ['on ECS with sessions and a ledger', ecs({ sessions: true, ledger: true }), [...ofEcs, 'ssmmessages', 'dynamodb']],
    ['on EC2', instances(), ofEc2],
    ['on EC2 with sessions', instances({ sessions: true }), [...ofEc2, 'ssm', 'ssmmessages', 'ec2messages']],
    ['in EKS', eks(), ofEveryRunner],
    ['in EKS with a ledger', eks({ ledger: true }), [...ofEveryRunner, 'dynamodb']],
  ])('%s', (_, host, services) => {
    expect(host.services).toEqual(services);
  });
});

describe('the endpoints of a network', () => {
  const stack = aStackIn('eu-central-1');
  const vpc = anIsolatedNetwork(stack);
  const made = endpoints(stack, { vpc });

  it('are one for each service, with private names, in the isolated subnets', () => {
    const interfaces = Object.values(
      templateOf(stack).findResources('AWS::EC2::VPCEndpoint', { Properties: { VpcEndpointType: 'Interface' } }),
    );
    expect(interfaces.map(({ Properties }) => Properties.ServiceName.split('eu-central-1.')[1])).toEqual([
      'secretsmanager',
      'sts',
      'logs',
      'ecr.api',
      'ecr.dkr',
    ]);
    const subnets = vpc.isolatedSubnets.map(({ subnetId }) => stack.resolve(subnetId));
    for (const { Properties } of interfaces) {
      expect(Properties).toMatchObject({ PrivateDnsEnabled: true, SubnetIds: subnets });
    }
  });

  it('are routes for S3', () => {
    const [gateway] = Object.values(
      templateOf(stack).findResources('AWS::EC2::VPCEndpoint', { Properties: { VpcEndpointType: 'Gateway' } }),
    );
    expect(gateway?.['Properties'].RouteTableIds).toHaveLength(2);
  });

  it('admit the addresses of the VPC on port 443, and connect to nobody', () => {
    templateOf(stack).hasResourceProperties('AWS::EC2::SecurityGroup', {
      SecurityGroupIngress: [{ CidrIp: { 'Fn::GetAtt': ['Network1C6012B5', 'CidrBlock'] }, FromPort: 443, ToPort: 443, IpProtocol: 'tcp' }],
      SecurityGroupEgress: [{ CidrIp: '255.255.255.255/32' }],
    });
  });

  it('keep their logical ids', () => {
    expect(logicalIdsIn(stack).filter((id) => id.startsWith('Endpoints'))).toEqual([
      'EndpointsSecurityGroup252B86E5',
      'EndpointssecretsmanagerB3DE945F',
      'Endpointssts4E48FF53',
      'EndpointslogsB9657B84',
      'EndpointsecrapiDC14AF19',
      'Endpointsecrdkr530BBCF0',
      'Endpointss34B546BAB',
    ]);
  });

  it('have no findings, and say what they are for', () => {
    expect(findingsIn(stack)).toEqual([]);
    expect(made.services).toEqual(ecs().services);
  });
});

describe('settings', () => {
  const serviceCount = (props: Partial<RunnerVpcEndpointsProps>) => endpoints(aStack(), props).services;

  it('give each service one endpoint, whoever calls it', () => {
    expect(serviceCount({ hosts: [eks(), eks({ ledger: true })] })).toEqual(['secretsmanager', 'sts', 'dynamodb']);
  });

  it('leave out what the network has already', () => {
    expect(serviceCount({ hosts: [eks()], without: [RunnerAwsService.STS] })).toEqual(['secretsmanager']);
  });

  it('admit clients of your own instead of the whole VPC', () => {
    const stack = aStackIn('eu-central-1');
    const made = endpoints(stack, { clients: [ec2.Peer.ipv4('10.0.1.0/24')] });
    made.connections.allowDefaultPortFrom(ec2.Peer.ipv4('10.0.2.0/24'));
    const { SecurityGroupIngress: rules } = theOne(templateOf(stack), 'AWS::EC2::SecurityGroup');
    expect((rules as { readonly CidrIp: string }[]).map(({ CidrIp }) => CidrIp)).toEqual(['10.0.1.0/24', '10.0.2.0/24']);
    expect(findingsIn(stack)).toEqual([]);
  });

  it('choose the subnets', () => {
    const stack = aStackIn('eu-central-1');
    endpoints(stack, { hosts: [eks()], subnets: { availabilityZones: ['eu-central-1a'], subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS } });
    templateOf(stack).allResourcesProperties('AWS::EC2::VPCEndpoint', { SubnetIds: ['subnet-0aaaaaaaaaaaaaaaa'] });
  });

  it('need a host, or nothing would be made', () => {
    expect(refusalOf(() => serviceCount({ hosts: [] }))).toContain('[Stack/Endpoints] hosts is a list that needs no endpoint.');
  });

  it('still report a group that is open to everybody', () => {
    const stack = aStackIn('eu-central-1');
    endpoints(stack, { vpc: anIsolatedNetwork(stack), clients: [ec2.Peer.anyIpv4()] });
    expect(findingsIn(stack)).toEqual(['AwsSolutions-EC23']);
  });
});

it.each(PARTITIONS)('the services have the names of the partition $partition', ({ region }) => {
  const stack = aStackIn(region);
  endpoints(stack, { hosts: [ecs({ ledger: true, sessions: true }), instances({ sessions: true })] });
  const names = Object.values(templateOf(stack).findResources('AWS::EC2::VPCEndpoint')).map(({ Properties }) =>
    JSON.stringify(Properties.ServiceName),
  );
  expect(names.filter((name) => !name.includes(`${region}.`) && !name.includes('AWS::Region'))).toEqual([]);
  expect(names).toHaveLength(12);
});
