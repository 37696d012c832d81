import { Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { invalidSetting } from '../checks/setting-check';
import type { EcsRunnerCapacityConfig } from './ecs-runner-capacity';
import type { EcsRunnerProps } from './ecs-runner-props';
import { checkFargateSize } from './fargate-size';

export const DEFAULT_CPU = 1024;
export const DEFAULT_MEMORY_MIB = 2048;
export const DEFAULT_STORAGE_GIB = 50;

/** Throws when settings contradict each other, or AWS would refuse one. */
export function checkEcsSettings(host: IConstruct, props: EcsRunnerProps, { onFargate }: EcsRunnerCapacityConfig): void {
  const { vpc, cluster, securityGroups, egress, desiredCount: count, ephemeralStorageGiB } = props;
  if ((vpc === undefined) === (cluster === undefined)) {
    const found = vpc === undefined ? 'missing, and so is cluster' : 'given, and so is cluster';
    throw invalidSetting(host, 'vpc', found, 'one of vpc and cluster', 'A cluster brings its own network; for a new one pass vpc.');
  }
  if (!onFargate && cluster === undefined) {
    const allowed = 'the cluster that the capacity providers belong to';
    throw invalidSetting(host, 'cluster', 'missing, and the tasks do not run on Fargate', allowed, 'Pass cluster instead of vpc.');
  }
  if (securityGroups !== undefined && egress !== undefined) {
    throw invalidSetting(host, 'egress', 'given, and so is securityGroups', 'one of the two', 'Rules of your own groups are yours.');
  }
  if (count !== undefined && !Token.isUnresolved(count) && !(Number.isInteger(count) && count >= 0)) {
    throw invalidSetting(host, 'desiredCount', String(count), 'a whole number, 0 or more', 'Change it.');
  }
  if (onFargate) {
    const storage = ephemeralStorageGiB ?? DEFAULT_STORAGE_GIB;
    checkFargateSize(host, props.cpu ?? DEFAULT_CPU, props.memoryLimitMiB ?? DEFAULT_MEMORY_MIB, storage);
  } else if (ephemeralStorageGiB !== undefined) {
    throw invalidSetting(host, 'ephemeralStorageGiB', 'given, and the tasks do not run on Fargate', 'none', "Size the instances' disk.");
  }
}
