import type { Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import { templateOf } from '../../support/synth';

/** Warnings and errors of a stack, and each rule of cdk-nag that one of its constructs breaks, with the construct's id. */
export function findingsByConstruct(stack: Stack): string[] {
  templateOf(stack);
  const annotations = Annotations.fromStack(stack);
  const messages = [...annotations.findWarning('*', Match.anyValue()), ...annotations.findError('*', Match.anyValue())];
  const broken = stack.node.children.flatMap((child) => {
    const { violations } = new AwsSolutionsChecks(child).validateScope(child);
    return violations.map(({ ruleName }) => `${child.node.id}: ${ruleName.replace(/\[.*/, '')}`);
  });
  return [...messages.map(({ entry }) => String(entry.data)), ...new Set(broken)];
}
