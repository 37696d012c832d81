import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { IConstruct } from 'constructs';
import { invalidSetting } from '../checks/setting-check';
import type { RunnerEgress } from './runner-egress';

/** Who says what a host may connect to. */
export interface SecurityGroupSettings {
  readonly securityGroups?: ec2.ISecurityGroup[];
  readonly egress?: RunnerEgress;
}

/** Throws when groups and rules are both given, and on no group at all: AWS would take the network's default one, which lets much in. */
export function checkSecurityGroups(host: IConstruct, { securityGroups, egress }: SecurityGroupSettings): void {
  if (securityGroups !== undefined && egress !== undefined) {
    throw invalidSetting(host, 'egress', 'given, and so is securityGroups', 'one of the two', 'Rules of your own groups are yours.');
  }
  if (securityGroups?.length === 0) {
    throw invalidSetting(host, 'securityGroups', 'empty', 'one group or more', 'Leave it out to get a new group.');
  }
}
