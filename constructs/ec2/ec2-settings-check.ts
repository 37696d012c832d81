import { Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { invalidSetting } from '../checks/setting-check';
import type { Ec2RunnerProps } from './ec2-runner-props';

/** Most instances. It is also the bound of a group whose size is a token. */
export const MOST_INSTANCES = 20;
const LEAST_GIB = 16;
const MOST_GIB = 16_384;

/** Throws when settings contradict each other, or a host could not start with one. */
export function checkEc2Settings(host: IConstruct, props: Ec2RunnerProps): void {
  const { desiredCapacity, volumeSizeGiB, securityGroups, egress, environment } = props;
  checkNumber(host, 'desiredCapacity', desiredCapacity, 1, MOST_INSTANCES);
  checkNumber(host, 'volumeSizeGiB', volumeSizeGiB, LEAST_GIB, MOST_GIB);
  if (securityGroups !== undefined && egress !== undefined) {
    throw invalidSetting(host, 'egress', 'given, and so is securityGroups', 'one of the two', 'Rules of your own groups are yours.');
  }
  if (securityGroups?.length === 0) {
    throw invalidSetting(host, 'securityGroups', 'empty', 'one group or more', 'Leave it out to get a new group.');
  }
  if (environment?.['RUNNER_HEALTH_ADDRESS'] === 'off') {
    const allowed = 'a loopback host:port: an instance counts as started when its runner is ready';
    throw invalidSetting(host, 'environment', 'RUNNER_HEALTH_ADDRESS=off', allowed, 'Leave the variable out.');
  }
}

function checkNumber(host: IConstruct, setting: string, value: number | undefined, least: number, most: number): void {
  if (value !== undefined && !Token.isUnresolved(value) && !(Number.isInteger(value) && value >= least && value <= most)) {
    throw invalidSetting(host, setting, String(value), `a whole number from ${least} to ${most}`, 'Change it.');
  }
}
