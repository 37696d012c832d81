import { Stack, Token } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { IConstruct } from 'constructs';
import { invalidSetting } from '../checks/setting-check';
import { RunnerArchitecture } from '../runner/runner-image';

/** Architecture of an instance type. @param chosen what the user says it is; required for a token, of which nothing is known */
export function architectureOf(scope: IConstruct, instanceType: ec2.InstanceType, chosen?: RunnerArchitecture): RunnerArchitecture {
  const name = instanceType.toString();
  if (Token.isUnresolved(name)) {
    if (chosen === undefined) {
      throw invalidSetting(scope, 'architecture', 'missing, and instanceType is a token', 'that of the type', 'Set architecture.');
    }
    return chosen;
  }
  const found = instanceType.architecture === ec2.InstanceArchitecture.ARM_64 ? RunnerArchitecture.ARM64 : RunnerArchitecture.X86_64;
  if (chosen !== undefined && chosen !== found) {
    throw invalidSetting(scope, 'architecture', chosen, `${found}, which ${name} is`, 'Change instanceType, or leave architecture out.');
  }
  return found;
}

/**
 * Refuses an image of another system, and one whose id or SSM parameter names another architecture. Of other images nothing is known here: an instance checks it
 * when it starts.
 */
export function checkImageArchitecture(
  scope: IConstruct,
  { imageId, osType }: ec2.MachineImageConfig,
  architecture: RunnerArchitecture,
): void {
  if (osType === ec2.OperatingSystemType.WINDOWS) {
    throw invalidSetting(scope, 'machineImage', 'of Windows', 'an image of Amazon Linux 2023', 'Leave it out to get the newest one.');
  }
  const text = JSON.stringify(Stack.of(scope).resolve(imageId));
  const found = /arm64|aarch64/i.test(text) ? RunnerArchitecture.ARM64 : /x86_?64/i.test(text) ? RunnerArchitecture.X86_64 : architecture;
  if (found !== architecture) {
    throw invalidSetting(
      scope,
      'machineImage',
      `made for ${found}`,
      `an image for ${architecture}`,
      'Change instanceType or machineImage.',
    );
  }
}
