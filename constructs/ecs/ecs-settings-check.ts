import type { IConstruct } from 'constructs';
import { checkedCount, invalidSetting } from '../checks/setting-check';
import { checkSecurityGroups } from '../network/security-groups-check';
import type { EcsRunnerCapacityConfig } from './ecs-runner-capacity';
import type { EcsRunnerProps } from './ecs-runner-props';
import { checkFargateSize } from './fargate-size';

export const DEFAULT_CPU = 1024;
export const DEFAULT_MEMORY_MIB = 2048;
export const DEFAULT_STORAGE_GIB = 50;
/** Bounds of a task on instances. https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters_ec2.html */
const LEAST_CPU = 128;
const MOST_CPU = 196_608;
/** Least memory that Docker gives a container. */
const LEAST_MEMORY_MIB = 6;

/** Throws when settings contradict each other, or AWS would refuse one. */
export function checkEcsSettings(host: IConstruct, props: EcsRunnerProps, { onFargate }: EcsRunnerCapacityConfig): void {
  const { vpc, cluster, ephemeralStorageGiB } = props;
  if ((vpc === undefined) === (cluster === undefined)) {
    const found = vpc === undefined ? 'missing, and so is cluster' : 'given, and so is cluster';
    throw invalidSetting(host, 'vpc', found, 'one of vpc and cluster', 'A cluster brings its own network; for a new one pass vpc.');
  }
  if (!onFargate && cluster === undefined) {
    const allowed = 'the cluster that the capacity providers belong to';
    throw invalidSetting(host, 'cluster', 'missing, and the tasks do not run on Fargate', allowed, 'Pass cluster instead of vpc.');
  }
  checkSecurityGroups(host, props);
  checkedCount(host, 'desiredCount', props.desiredCount, 0, Number.MAX_SAFE_INTEGER);
  if (onFargate) {
    const storage = ephemeralStorageGiB ?? DEFAULT_STORAGE_GIB;
    checkFargateSize(host, props.cpu ?? DEFAULT_CPU, props.memoryLimitMiB ?? DEFAULT_MEMORY_MIB, storage);
    return;
  }
  checkedCount(host, 'cpu', props.cpu, LEAST_CPU, MOST_CPU);
  checkedCount(host, 'memoryLimitMiB', props.memoryLimitMiB, LEAST_MEMORY_MIB, Number.MAX_SAFE_INTEGER);
  if (ephemeralStorageGiB !== undefined) {
    throw invalidSetting(host, 'ephemeralStorageGiB', 'given, and the tasks do not run on Fargate', 'none', "Size the instances' disk.");
  }
}
