import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import { invalidSetting } from '../checks/setting-check';

/** The chosen subnets, none of which is public: a runner without a public address reaches nothing from there. */
export function privateSubnets(scope: Construct, vpc: ec2.IVpc, selection?: ec2.SubnetSelection): ec2.ISubnet[] {
  const { PRIVATE_WITH_EGRESS, PRIVATE_ISOLATED } = ec2.SubnetType;
  const subnetType = vpc.privateSubnets.length > 0 ? PRIVATE_WITH_EGRESS : PRIVATE_ISOLATED;
  const { subnets, hasPublic, isPendingLookup } = vpc.selectSubnets(selection ?? { subnetType });
  if (hasPublic) {
    throw invalidSetting(scope, 'vpcSubnets', 'public subnets', 'private or isolated subnets', 'Select subnets behind a NAT gateway.');
  }
  // Of a network that is still to be looked up nothing is known yet.
  if (subnets.length === 0 && isPendingLookup !== true) {
    throw invalidSetting(scope, 'vpcSubnets', 'no subnet', 'one private or isolated subnet or more', 'Correct the selection.');
  }
  return subnets;
}
