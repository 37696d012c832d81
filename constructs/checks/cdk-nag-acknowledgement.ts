import { Stack, Validations } from 'aws-cdk-lib';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';

/**
 * Acknowledges the wildcards in a statement's resources to cdk-nag (rule AwsSolutions-IAM5), with the reason for them.
 * Only these resources are acknowledged: a wildcard that a user adds to the same role is still reported.
 */
export function acknowledgeWildcardResources(scope: IConstruct, statement: iam.PolicyStatement, reason: string): void {
  const wildcards = statement.resources.map((resource) => finding(Stack.of(scope).resolve(resource))).filter((text) => text.includes('*'));
  for (const wildcard of wildcards) {
    acknowledgeFinding(scope, `AwsSolutions-IAM5[Resource::${wildcard}]`, reason);
  }
}

/**
 * Acknowledges one finding, with the reason for it.
 * @param id of the finding, such as `AwsSolutions-SMG4`; it may hold references such as `<AWS::Partition>`
 */
export function acknowledgeFinding(scope: IConstruct, id: string, reason: string): void {
  // Recorded as Validations.acknowledge() does; that method itself refuses ids with references in them.
  scope.node.addMetadata(Validations.ACKNOWLEDGED_RULES_METADATA_KEY, { [id]: reason });
}

/** A resolved value in the spelling of cdk-nag's finding ids: joins flattened, references in angle brackets, all else as JSON. */
function finding(value: unknown): string {
  if (typeof value === 'string') {
    return value;
  }
  if (isIntrinsic(value, 'Fn::Join')) {
    const [delimiter, parts] = value['Fn::Join'] as [string, unknown[]];
    return parts.map(finding).join(delimiter);
  }
  if (isIntrinsic(value, 'Ref')) {
    return `<${value['Ref']}>`;
  }
  if (isIntrinsic(value, 'Fn::GetAtt')) {
    return `<${(value['Fn::GetAtt'] as string[]).join('.')}>`;
  }
  return JSON.stringify(value);
}

function isIntrinsic(value: unknown, name: string): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && name in value;
}
