import { CfnResource, type Stack } from 'aws-cdk-lib';

/** Names that CloudFormation gives to resources, by their type. */
export type PhysicalNames = Readonly<Record<string, string>>;

// biome-ignore lint/suspicious/noExplicitAny: a template is JSON of any shape
type Json = any;

/** A value of a stack as it is once the stack is deployed: references are names; of other resources and parameters the logical id. */
export function deployed(stack: Stack, value: unknown, names: PhysicalNames): Json {
  const types = new Map(
    stack.node.findAll().flatMap((child) => (CfnResource.isCfnResource(child) ? [[stack.getLogicalId(child), child.cfnResourceType]] : [])),
  );
  const nameOf = (logicalId: string) => names[types.get(logicalId) ?? ''] ?? logicalId;
  return withNames(stack.resolve(value), nameOf);
}

function withNames(value: Json, nameOf: (logicalId: string) => string): Json {
  if (Array.isArray(value)) return value.map((item) => withNames(item, nameOf));
  if (typeof value !== 'object' || value === null) return value;
  const [[key, argument] = [], ...more] = Object.entries<Json>(value);
  if (more.length === 0 && key === 'Ref') return nameOf(argument);
  if (more.length === 0 && key === 'Fn::GetAtt') return nameOf(argument[0]);
  if (more.length === 0 && key === 'Fn::Join') return withNames(argument[1], nameOf).join(argument[0]);
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, withNames(item, nameOf)]));
}
