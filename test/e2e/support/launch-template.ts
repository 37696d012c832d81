import type { AwsEmulator } from '@axiom-runner/local-servers';
import { element, query, root } from '../../../local-servers/test/aws-call.js';
import { createStack, type Parameters } from './cloudformation.js';

/** Deploys the template that users download, with these parameters; resolves with the user data that its instances would get. */
export async function deployedUserData(emulator: AwsEmulator, parameters: Parameters): Promise<string> {
  await createStack({ emulator, id: root.id }, 'ec2-runner', parameters);
  return userDataOf(emulator, element(await query(emulator, root, 'ec2', { Action: 'DescribeLaunchTemplates' }), 'launchTemplateId'));
}

/** The user data in the newest version of a launch template. */
export async function userDataOf(emulator: AwsEmulator, launchTemplateId: string): Promise<string> {
  const newest = { LaunchTemplateId: launchTemplateId, 'LaunchTemplateVersion.1': '$Latest' };
  const versions = await query(emulator, root, 'ec2', { Action: 'DescribeLaunchTemplateVersions', ...newest });
  return Buffer.from(element(versions, 'userData'), 'base64').toString();
}
