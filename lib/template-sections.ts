import { CfnCondition, CfnOutput, CfnParameter, Fn, type Stack } from 'aws-cdk-lib';
import type { NameRule } from '../contract/name-rules';

/** A parameter that refuses what the rule refuses, with the rule's words. Required unless it has a default. */
export function templateParameter(stack: Stack, name: string, rule: NameRule, description: string, defaultValue?: string): CfnParameter {
  return new CfnParameter(stack, name, {
    description,
    default: defaultValue,
    minLength: defaultValue === '' ? undefined : rule.minLength,
    maxLength: rule.maxLength,
    allowedPattern: defaultValue === '' ? `^$|${rule.pattern}` : rule.pattern,
    constraintDescription: `${defaultValue === '' ? 'nothing, or ' : ''}${rule.allowed}. ${rule.fix}`,
  });
}

/** The condition that a parameter with an empty default was filled in. */
export function isGiven(parameter: CfnParameter): CfnCondition {
  return new CfnCondition(parameter.stack, `Has${parameter.node.id}`, {
    expression: Fn.conditionNot(Fn.conditionEquals(parameter.valueAsString, '')),
  });
}

/** An output of exactly this name. Its construct id differs from the name, because a parameter may have the same name. */
export function templateOutput(stack: Stack, name: string, value: string, description: string): void {
  new CfnOutput(stack, `${name}Output`, { value, description }).overrideLogicalId(name);
}
