import { RunnerError } from '../../errors.js';
import type { Atlas } from './client.js';
import { ORGANIZATION_OWNER, PROJECT_OWNER } from './roles.js';
import { hasInOrganization, ownKey } from './subjects.js';

/** @throws {RunnerError} `UNSUPPORTED` where the holder of a role could take away the runner's own in the project, and so keep his */
export async function refuseRemovableKey(atlas: Atlas, role: string): Promise<void> {
  if (role !== PROJECT_OWNER || hasInOrganization(await ownKey(atlas), atlas.org, ORGANIZATION_OWNER)) return;
  throw new RunnerError('UNSUPPORTED', 'A Project Owner could remove the API key of the runner from the project, and so keep the access.', {
    object: PROJECT_OWNER,
    mend: 'Give a lower role, or make the API key of the runner an Organization Owner.',
  });
}
