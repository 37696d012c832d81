import { Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** The stack that somebody deploys. A nested stack's own name is known only at deployment, and begins with the name of this one. */
export function outermostStack(scope: IConstruct): Stack {
  let stack = Stack.of(scope);
  while (stack.nestedStackParent !== undefined) {
    stack = stack.nestedStackParent;
  }
  return stack;
}
