import type { Template } from 'aws-cdk-lib/assertions';

/** A parameter of a template, as CloudFormation reads it. */
export interface TemplateParameter {
  readonly Default?: string;
  readonly Description: string;
  readonly AllowedPattern: string;
  readonly ConstraintDescription: string;
  readonly MinLength?: number;
  readonly MaxLength?: number;
}

export function parametersOf(template: Template): Record<string, TemplateParameter> {
  return template.findParameters('*') as Record<string, TemplateParameter>;
}

/** Whether CloudFormation takes a value: the whole value matches, and the length fits. */
export function takes(parameter: TemplateParameter | undefined, value: string): boolean {
  if (parameter === undefined) {
    throw new Error('the template has no such parameter');
  }
  const matches = new RegExp(`^(?:${parameter.AllowedPattern})$`).test(value);
  return matches && value.length >= (parameter.MinLength ?? 0) && value.length <= (parameter.MaxLength ?? Number.POSITIVE_INFINITY);
}
