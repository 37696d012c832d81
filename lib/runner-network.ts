import { CfnParameter, RemovalPolicy, type Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as logs from 'aws-cdk-lib/aws-logs';
import { invalidSetting } from '../constructs/checks/setting-check';
import type { RunnerNetworkProps, RunnerStackProps } from './runner-stack-props';

/** Names of the parameters of a network. */
export interface NetworkParameterNames {
  readonly vpcId: string;
  readonly subnetIds: string;
}

/** A network for a host, and the subnets where only a parameter of the template says which. */
export interface RunnerNetwork {
  readonly vpc: ec2.IVpc;
  readonly subnetIds?: string[];
}

/** What of a stack's settings concerns its network. */
type NetworkSettings = RunnerNetworkProps & Pick<RunnerStackProps, 'removalPolicy'>;

/** The network that a stack was given, looks up or makes; else the one that parameters of its template name. */
export function runnerNetwork(stack: Stack, names: NetworkParameterNames, props: NetworkSettings): RunnerNetwork {
  const given = [props.vpc, props.vpcId, props.newVpc === true ? true : undefined].filter((choice) => choice !== undefined);
  if (given.length > 1) {
    throw invalidSetting(stack, 'vpc', 'given more than once', 'one of vpc, vpcId and newVpc', 'Remove the others.');
  }
  if (props.vpc !== undefined) {
    return { vpc: props.vpc };
  }
  if (props.vpcId !== undefined) {
    return { vpc: ec2.Vpc.fromLookup(stack, 'Network', { vpcId: props.vpcId }) };
  }
  return props.newVpc === true ? { vpc: newNetwork(stack, props) } : networkOfParameters(stack, names);
}

function newNetwork(stack: Stack, { removalPolicy }: NetworkSettings): ec2.Vpc {
  const network = new ec2.Vpc(stack, 'Network', {
    maxAzs: 2,
    natGateways: 1,
    subnetConfiguration: [
      { name: 'Public', subnetType: ec2.SubnetType.PUBLIC, mapPublicIpOnLaunch: false },
      { name: 'Runner', subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS },
    ],
  });
  const logGroup = new logs.LogGroup(stack, 'NetworkLogs', {
    retention: logs.RetentionDays.ONE_YEAR,
    removalPolicy: removalPolicy ?? RemovalPolicy.RETAIN,
  });
  network.addFlowLog('FlowLog', { destination: ec2.FlowLogDestination.toCloudWatchLogs(logGroup) });
  return network;
}

/** As far as a construct needs a network: which subnets it has is a list that only CloudFormation knows. */
function networkOfParameters(stack: Stack, names: NetworkParameterNames): RunnerNetwork {
  const vpcId = new CfnParameter(stack, names.vpcId, { type: 'AWS::EC2::VPC::Id', description: 'Network of the runners.' }).valueAsString;
  const description = 'Private subnets of the network, best in two zones or more, from which the control plane can be reached.';
  const subnetIds = new CfnParameter(stack, names.subnetIds, { type: 'List<AWS::EC2::Subnet::Id>', description }).valueAsList;
  const later = 'known at deployment';
  const vpc = ec2.Vpc.fromVpcAttributes(stack, 'Network', {
    vpcId,
    availabilityZones: [later],
    privateSubnetIds: [later],
    privateSubnetRouteTableIds: [later],
  });
  return { vpc, subnetIds };
}
