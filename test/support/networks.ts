import type { Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';

/** A network that exists, with two private subnets that have a way out. */
export function aNetwork(stack: Stack, id = 'Network'): ec2.IVpc {
  return ec2.Vpc.fromVpcAttributes(stack, id, {
    vpcId: 'vpc-0a1b2c3d4e5f60718',
    vpcCidrBlock: '10.0.0.0/16',
    availabilityZones: ['eu-central-1a', 'eu-central-1b'],
    privateSubnetIds: ['subnet-0aaaaaaaaaaaaaaaa', 'subnet-0bbbbbbbbbbbbbbbb'],
    privateSubnetRouteTableIds: ['rtb-0aaaaaaaaaaaaaaaa', 'rtb-0bbbbbbbbbbbbbbbb'],
    publicSubnetIds: ['subnet-0cccccccccccccccc', 'subnet-0dddddddddddddddd'],
    publicSubnetRouteTableIds: ['rtb-0cccccccccccccccc', 'rtb-0dddddddddddddddd'],
  });
}

/** A network of this app without a way out: isolated subnets only. */
export function anIsolatedNetwork(stack: Stack, id = 'Network'): ec2.Vpc {
  return new ec2.Vpc(stack, id, {
    maxAzs: 2,
    natGateways: 0,
    subnetConfiguration: [{ name: 'Isolated', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }],
    flowLogs: { All: {} },
  });
}
