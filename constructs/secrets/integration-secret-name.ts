import type { IConstruct } from 'constructs';
import type { NameRule } from '../../contract/name-rules';
import { INTEGRATION_SECRET_PREFIX, SECRET_TYPES, type SecretType } from '../../contract/secrets';
import { checkedSetting, invalidSetting } from '../checks/setting-check';

/**
 * Id of a system, as both Secrets Manager takes it in a name and a runner in a task.
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html
 */
const SYSTEM_ID: NameRule = {
  pattern: '^(?!(?:.*/)?[.]{1,2}(?:/|$))[A-Za-z0-9_+=.@-]+(?:/[A-Za-z0-9_+=.@-]+)*$',
  maxLength: 400,
  allowed: '1 to 400 letters, digits and /_+=.@-, no part between slashes empty, . or ..',
  fix: 'Leave out https:// and the port, because a name in Secrets Manager holds no colon: the port goes into the credentials. The platform must know the system by the same id.',
};

/** The kind of system in the catalogue. */
export function secretTypeOf(scope: IConstruct, systemType: string): SecretType {
  const found = SECRET_TYPES.find(({ type }) => type === systemType);
  if (found === undefined) {
    const allowed = SECRET_TYPES.map(({ type }) => type).join(', ');
    throw invalidSetting(scope, 'systemType', JSON.stringify(systemType), allowed, 'Take the second part of the name of the secret.');
  }
  return found;
}

/** `axiom-security/<type>/<id>`. Throws when the id fits no name. */
export function integrationSecretName(scope: IConstruct, { type }: SecretType, systemId: string): string {
  return `${INTEGRATION_SECRET_PREFIX}${type}/${checkedSetting(scope, 'systemId', systemId, SYSTEM_ID)}`;
}
