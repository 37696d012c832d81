import { CfnParameter, type Stack } from 'aws-cdk-lib';

/** What an app is going to deploy, for people: each stack, and the parameters that have no value yet. */
export function summaryOf(stacks: readonly Stack[]): string {
  return ['This app deploys:', ...stacks.flatMap(linesOf)].join('\n');
}

function linesOf(stack: Stack): string[] {
  const open = stack.node.children.filter((child) => child instanceof CfnParameter && child.default === undefined);
  const asked = open.map((parameter) => `--parameters ${stack.node.id}:${parameter.node.id}=…`);
  return [`  ${stack.node.id}: ${stack.templateOptions.description}`, ...(asked.length === 0 ? [] : [`    needs ${asked.join(' ')}`])];
}
