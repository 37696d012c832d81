import { Token } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import { DEFAULT_CONTROL_PLANE_ADDRESS, PLATFORM_IP_ADDRESSES } from '../../contract/environment';
import { checkedCount, invalidSetting } from '../checks/setting-check';

/** What a security group is made for. */
export interface RunnerEgressBindOptions {
  /** Network of the runners. */
  readonly vpc: ec2.IVpc;

  /**
   * The host's setting `controlPlaneAddress`.
   * @default - the published platform
   */
  readonly controlPlaneAddress?: string;

  /**
   * The host's setting `httpsProxy`.
   * @default - no proxy
   */
  readonly httpsProxy?: string;
}

/** What a runner may reach, beyond the systems that are added with `connections.allowTo(…)`. */
export interface RunnerEgressAllowListOptions {
  /**
   * Where the control plane is reached: its addresses, or the security group of its VPC endpoint. With an HTTP proxy: the proxy.
   * @default - the published addresses of the platform; required for another control plane and for a proxy
   */
  readonly controlPlane?: ec2.IPeer[];

  /**
   * Port on which the control plane, or the proxy, is reached.
   * @default - that of `httpsProxy`, else that of `controlPlaneAddress`
   */
  readonly controlPlanePort?: number;

  /**
   * Where AWS is reached on port 443: the security group of the interface endpoints, or addresses.
   * @default - all addresses of the VPC, in which interface endpoints are
   */
  readonly aws?: ec2.IPeer[];

  /**
   * Prefix lists of the gateway endpoints (S3, DynamoDB), reached on port 443: `ec2.Peer.prefixList('pl-…')`. Their traffic has public
   * addresses. `aws ec2 describe-managed-prefix-lists` prints the ids, which differ from region to region.
   * @default - none
   */
  readonly gatewayEndpoints?: ec2.IPeer[];
}

const HTTPS = 443;
const HTTP = 80;
const HIGHEST_PORT = 65_535;

/**
 * What the runners may connect to. Nothing may connect to them. Names are resolved whatever is chosen here: security groups do not
 * filter Amazon's DNS.
 * @see https://docs.aws.amazon.com/vpc/latest/userguide/vpc-security-groups.html
 */
export abstract class RunnerEgress {
  /** Any address and port. What a runner does is limited by its role and by what the integration secrets open. */
  public static anywhere(): RunnerEgress {
    return new Anywhere();
  }

  /**
   * The control plane and AWS only. Systems are added to the host: `runner.connections.allowTo(database, ec2.Port.POSTGRES)`.
   * @param options changes to the list
   */
  public static allowList(options: RunnerEgressAllowListOptions = {}): RunnerEgress {
    return new AllowList(options);
  }

  /**
   * Called by the host: makes the security group of its runners.
   * @param scope the host
   * @param options what the group is made for
   */
  public abstract bind(scope: Construct, options: RunnerEgressBindOptions): ec2.ISecurityGroup;
}

class Anywhere extends RunnerEgress {
  public bind(scope: Construct, { vpc }: RunnerEgressBindOptions): ec2.ISecurityGroup {
    return runnerSecurityGroup(scope, vpc, true);
  }
}

class AllowList extends RunnerEgress {
  constructor(private readonly allowed: RunnerEgressAllowListOptions) {
    super();
  }

  public bind(scope: Construct, options: RunnerEgressBindOptions): ec2.ISecurityGroup {
    const chosen = checkedCount(scope, 'egress.controlPlanePort', this.allowed.controlPlanePort, 1, HIGHEST_PORT);
    const port = ec2.Port.tcp(chosen ?? controlPlanePort(scope, options));
    const group = runnerSecurityGroup(scope, options.vpc, false);
    for (const peer of this.allowed.controlPlane ?? platformPeers(scope, options)) {
      group.addEgressRule(peer, port, 'Control plane');
    }
    for (const peer of this.allowed.aws ?? [ec2.Peer.ipv4(options.vpc.vpcCidrBlock)]) {
      group.addEgressRule(peer, ec2.Port.tcp(HTTPS), 'AWS');
    }
    for (const peer of this.allowed.gatewayEndpoints ?? []) {
      group.addEgressRule(peer, ec2.Port.tcp(HTTPS), 'AWS through a gateway endpoint');
    }
    return group;
  }
}

function runnerSecurityGroup(scope: Construct, vpc: ec2.IVpc, allowAllOutbound: boolean): ec2.SecurityGroup {
  return new ec2.SecurityGroup(scope, 'SecurityGroup', { vpc, description: 'Axiom Runner: nothing comes in', allowAllOutbound });
}

function platformPeers(scope: Construct, { controlPlaneAddress, httpsProxy }: RunnerEgressBindOptions): ec2.IPeer[] {
  const allowed = 'the list of peers behind which the control plane or the proxy is';
  const fix = "Pass for example controlPlane: [ec2.Peer.ipv4('203.0.113.0/24')].";
  if (httpsProxy !== undefined) {
    throw invalidSetting(scope, 'egress.controlPlane', 'missing, and httpsProxy is set', allowed, fix);
  }
  if ((controlPlaneAddress ?? DEFAULT_CONTROL_PLANE_ADDRESS) !== DEFAULT_CONTROL_PLANE_ADDRESS) {
    throw invalidSetting(scope, 'egress.controlPlane', 'missing, and the control plane is not the published one', allowed, fix);
  }
  return PLATFORM_IP_ADDRESSES.map((address) => ec2.Peer.ipv4(`${address}/32`));
}

function controlPlanePort(scope: Construct, { controlPlaneAddress, httpsProxy }: RunnerEgressBindOptions): number {
  const address = httpsProxy ?? controlPlaneAddress ?? DEFAULT_CONTROL_PLANE_ADDRESS;
  if (Token.isUnresolved(address)) {
    throw invalidSetting(scope, 'egress.controlPlanePort', 'missing, and the address is a token', 'a port', 'Pass controlPlanePort.');
  }
  const [, port] = /:(\d+)\/?$/.exec(address) ?? [];
  return port === undefined ? HTTP : Number(port);
}
