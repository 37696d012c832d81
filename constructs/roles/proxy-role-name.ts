import { createHash } from 'node:crypto';
import { Stack, Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { PROXY_ROLE_NAME_PART } from '../../contract/cloudformation';
import { outermostStack } from './outermost-stack';

const NAME_MAX_LENGTH = 64;
const HASH_LENGTH = 8;
/** No region's name is longer; reserved when the region is only known at deployment. */
const REGION_MAX_LENGTH = 16;

/**
 * A name that differs for each construct path, stack name and region, because role names are unique in an account:
 * two proxy roles, two copies of a stack, and one stack in two regions fit into one account.
 * A name of our own, and not CloudFormation's, because a runner may assume only roles whose name contains `Axiom-Security`.
 */
export function generatedProxyRoleName(role: IConstruct): string {
  const { region } = Stack.of(role);
  const stackName = outermostStack(role).stackName;
  const hash = createHash('sha256').update(`${stackName}\n${role.node.path}`).digest('hex').slice(0, HASH_LENGTH);
  const regionLength = Token.isUnresolved(region) ? REGION_MAX_LENGTH : region.length;
  const labelLength = NAME_MAX_LENGTH - [PROXY_ROLE_NAME_PART, '-', '-', hash, '-'].join('').length - regionLength;
  const label = role.node.path.replace(/[^A-Za-z0-9]+/g, '-').slice(0, labelLength);
  return `${PROXY_ROLE_NAME_PART}-${label}-${hash}-${region}`;
}
