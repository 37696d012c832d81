import type { IConstruct } from 'constructs';
import { checkedCount, invalidSetting } from '../checks/setting-check';
import { checkSecurityGroups } from '../network/security-groups-check';
import type { Ec2RunnerProps } from './ec2-runner-props';

/** Most instances. It is also the bound of a group whose size is a token. */
export const MOST_INSTANCES = 20;
const LEAST_GIB = 16;
const MOST_GIB = 16_384;

/** Throws when settings contradict each other, or a host could not start with one. */
export function checkEc2Settings(host: IConstruct, props: Ec2RunnerProps): void {
  const { desiredCapacity, volumeSizeGiB, environment } = props;
  checkedCount(host, 'desiredCapacity', desiredCapacity, 1, MOST_INSTANCES);
  checkedCount(host, 'volumeSizeGiB', volumeSizeGiB, LEAST_GIB, MOST_GIB);
  checkSecurityGroups(host, props);
  if (environment?.['RUNNER_HEALTH_ADDRESS'] === 'off') {
    const allowed = 'a loopback host:port: an instance counts as started when its runner is ready';
    throw invalidSetting(host, 'environment', 'RUNNER_HEALTH_ADDRESS=off', allowed, 'Leave the variable out.');
  }
}
