import { Stack } from 'aws-cdk-lib';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';
import { TRUSTED_PRINCIPAL } from '../../contract/name-rules';
import { invalidSetting } from '../checks/setting-check';

const PARTITION = JSON.stringify({ Ref: 'AWS::Partition' });
const ALLOWED = 'roles, users and accounts of IAM, each by its own ARN or account id';
const FIX =
  'Pass the role that the runner has, for example "runnerRole.role" or ' +
  '"new iam.ArnPrincipal(\'arn:aws:iam::111122223333:role/axiomrunner-role\')", or its account: "new iam.AccountPrincipal(\'111122223333\')".';

/**
 * Throws when a principal stands for more than the roles, users and accounts that it names: everyone, an organization, a service,
 * or holders of a federated token. References pass, as far as they don't stand beside a literal wildcard.
 */
export function checkTrustedPrincipal(scope: IConstruct, principal: iam.IPrincipal): void {
  const byKind: Record<string, unknown[]> = Stack.of(scope).resolve(principal.policyFragment.principalJson);
  for (const [kind, names] of Object.entries(byKind)) {
    const tooWide = kind === 'AWS' ? names.find((name) => !isNarrow(name)) : { [kind]: names };
    if (tooWide !== undefined) {
      throw invalidSetting(scope, 'trustedPrincipal', JSON.stringify(tooWide), ALLOWED, FIX);
    }
  }
  if (principal.assumeRoleAction !== 'sts:AssumeRole') {
    throw invalidSetting(scope, 'trustedPrincipal', `one that calls ${principal.assumeRoleAction}`, ALLOWED, FIX);
  }
}

function isNarrow(name: unknown): boolean {
  const text = inAnyPartition(name);
  return typeof text === 'string' ? new RegExp(TRUSTED_PRINCIPAL.pattern).test(text) : !JSON.stringify(text).includes('*');
}

/** An ARN as text, when of all its parts only the partition is a reference. */
function inAnyPartition(name: unknown): unknown {
  const parts: unknown = typeof name === 'object' && name !== null && 'Fn::Join' in name ? name['Fn::Join'] : undefined;
  if (!Array.isArray(parts) || parts[0] !== '' || !Array.isArray(parts[1])) {
    return name;
  }
  const texts: unknown[] = parts[1].map((part) => (JSON.stringify(part) === PARTITION ? 'aws' : part));
  return texts.every((text) => typeof text === 'string') ? texts.join('') : name;
}
