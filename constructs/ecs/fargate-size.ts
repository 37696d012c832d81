import { Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { checkedCount, invalidSetting } from '../checks/setting-check';

interface MemorySizes {
  readonly least: number;
  readonly most: number;
  readonly step: number;
}

/** CPU units, and the MiB of memory that go with them. https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html */
const SIZES: ReadonlyMap<number, MemorySizes> = new Map([
  [256, { least: 512, most: 2048, step: 512 }],
  [512, { least: 1024, most: 4096, step: 1024 }],
  [1024, { least: 2048, most: 8192, step: 1024 }],
  [2048, { least: 4096, most: 16_384, step: 1024 }],
  [4096, { least: 8192, most: 30_720, step: 1024 }],
  [8192, { least: 16_384, most: 61_440, step: 4096 }],
  [16_384, { least: 32_768, most: 122_880, step: 8192 }],
]);
/** 256 units go with 512, 1024 and 2048 MiB, but not with 1536. */
const GAP = { cpu: 256, memoryLimitMiB: 1536 };
const LEAST_MEMORY_MIB = 512;
const MOST_MEMORY_MIB = 122_880;
const LEAST_STORAGE_GIB = 21;
const MOST_STORAGE_GIB = 200;

/** Throws when Fargate has no tasks of this size. */
export function checkFargateSize(scope: IConstruct, cpu: number, memoryLimitMiB: number, ephemeralStorageGiB: number): void {
  checkProcessorAndMemory(scope, cpu, memoryLimitMiB);
  checkedCount(scope, 'ephemeralStorageGiB', ephemeralStorageGiB, LEAST_STORAGE_GIB, MOST_STORAGE_GIB);
}

function checkProcessorAndMemory(scope: IConstruct, cpu: number, memoryLimitMiB: number): void {
  if (Token.isUnresolved(cpu)) {
    checkedCount(scope, 'memoryLimitMiB', memoryLimitMiB, LEAST_MEMORY_MIB, MOST_MEMORY_MIB);
    return;
  }
  const sizes = SIZES.get(cpu);
  if (sizes === undefined) {
    throw invalidSetting(scope, 'cpu', String(cpu), [...SIZES.keys()].join(', '), 'Fargate has no tasks of another size: change it.');
  }
  const { least, most, step } = sizes;
  const isGap = cpu === GAP.cpu && memoryLimitMiB === GAP.memoryLimitMiB;
  const isSize = memoryLimitMiB >= least && memoryLimitMiB <= most && memoryLimitMiB % step === 0 && !isGap;
  if (!Token.isUnresolved(memoryLimitMiB) && !isSize) {
    const allowed = `${least} to ${most} in steps of ${step} with ${cpu} CPU units`;
    throw invalidSetting(scope, 'memoryLimitMiB', String(memoryLimitMiB), allowed, 'Change it, or cpu.');
  }
}
