import { Token } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import { acknowledgeFinding } from '../checks/cdk-nag-acknowledgement';
import { invalidSetting } from '../checks/setting-check';
import { RunnerAwsService, type RunnerHostServices } from './runner-aws-service';

/** Settings of `RunnerVpcEndpoints`. */
export interface RunnerVpcEndpointsProps {
  /** Network of the runners. It must resolve DNS names (`enableDnsSupport` and `enableDnsHostnames`). */
  readonly vpc: ec2.IVpc;

  /** What runs in the network: each service that one of them calls gets one endpoint. */
  readonly hosts: RunnerHostServices[];

  /**
   * Services that the network already has an endpoint for: a second one with private DNS is refused by AWS.
   * @default - none
   */
  readonly without?: RunnerAwsService[];

  /**
   * Subnets that the interface endpoints are put into, at most one in each zone.
   * @default - the private subnets, else the isolated ones
   */
  readonly subnets?: ec2.SubnetSelection;

  /**
   * Who reaches the interface endpoints, on port 443.
   * @default - all addresses of the VPC
   */
  readonly clients?: ec2.IPeer[];
}

const HTTPS = 443;

/** Endpoints that a VPC has once, whatever else is in it; they cost nothing and have neither address nor security group. */
const GATEWAYS: Readonly<Partial<Record<RunnerAwsService, ec2.GatewayVpcEndpointAwsService>>> = {
  [RunnerAwsService.S3]: ec2.GatewayVpcEndpointAwsService.S3,
  [RunnerAwsService.DYNAMODB]: ec2.GatewayVpcEndpointAwsService.DYNAMODB,
};

/**
 * The VPC endpoints through which runners in isolated subnets reach AWS. They do not reach the control plane: that takes an endpoint
 * of its own (AWS PrivateLink) or an HTTP proxy.
 * @see https://docs.aws.amazon.com/vpc/latest/privatelink/concepts.html
 */
export class RunnerVpcEndpoints extends Construct implements ec2.IConnectable {
  /** The interface endpoints' network: `connections.allowFrom(…)` admits further clients. */
  public readonly connections: ec2.Connections;

  /** The services that an endpoint was made for. */
  public readonly services: RunnerAwsService[];

  constructor(scope: Construct, id: string, props: RunnerVpcEndpointsProps) {
    super(scope, id);
    const needed = props.hosts.flatMap((host) => host.services);
    this.services = [...new Set(needed)].filter((service) => props.without?.includes(service) !== true);
    if (this.services.length === 0) {
      throw invalidSetting(this, 'hosts', 'a list that needs no endpoint', 'one kind of host or more', 'Pass RunnerHostServices.ecs().');
    }
    const securityGroup = endpointSecurityGroup(this, props);
    this.connections = new ec2.Connections({ securityGroups: [securityGroup], defaultPort: ec2.Port.tcp(HTTPS) });
    for (const service of this.services) {
      addEndpoint(this, service, props, securityGroup);
    }
  }
}

function addEndpoint(scope: Construct, name: RunnerAwsService, { vpc, subnets }: RunnerVpcEndpointsProps, group: ec2.ISecurityGroup): void {
  const gateway = GATEWAYS[name];
  if (gateway !== undefined) {
    new ec2.GatewayVpcEndpoint(scope, name, { vpc, service: gateway });
    return;
  }
  new ec2.InterfaceVpcEndpoint(scope, name, {
    vpc,
    subnets,
    service: new ec2.InterfaceVpcEndpointAwsService(name),
    securityGroups: [group],
    // The security group says who may come in.
    open: false,
    privateDnsEnabled: true,
  });
}

function endpointSecurityGroup(scope: Construct, { vpc, clients }: RunnerVpcEndpointsProps): ec2.SecurityGroup {
  const description = 'VPC endpoints of the Axiom Runner';
  const securityGroup = new ec2.SecurityGroup(scope, 'SecurityGroup', { vpc, description, allowAllOutbound: false });
  if (clients === undefined && Token.isUnresolved(vpc.vpcCidrBlock)) {
    acknowledgeFinding(
      securityGroup,
      'AwsSolutions-EC23',
      'The rule cannot read a reference; it is the CIDR of the VPC, not of everybody.',
    );
  }
  for (const client of clients ?? [ec2.Peer.ipv4(vpc.vpcCidrBlock)]) {
    securityGroup.addIngressRule(client, ec2.Port.tcp(HTTPS), 'HTTPS to AWS');
  }
  return securityGroup;
}
