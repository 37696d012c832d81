import { Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { NameRule } from '../../contract/name-rules';

/** An error that says which construct and setting, the value found, what is allowed, and the fix. */
export function invalidSetting(scope: IConstruct, setting: string, found: string, allowed: string, fix: string): Error {
  return new Error(`[${scope.node.path}] ${setting} is ${found}. Allowed: ${allowed}. ${fix}`);
}

/**
 * Throws when a literal value breaks the rule. A token passes: CloudFormation or IAM checks it when the value is known.
 * @param setting name of the property, as the user wrote it
 * @returns the value, so that a check can stand where the value is used
 */
export function checkedSetting(scope: IConstruct, setting: string, value: string, rule: NameRule): string {
  const fault = Token.isUnresolved(value) ? undefined : faultOf(value, rule);
  if (fault !== undefined) {
    throw invalidSetting(scope, setting, fault, rule.allowed, rule.fix);
  }
  return value;
}

/** What is wrong with a literal value, completing "… is"; `undefined` when nothing is. */
export function faultOf(value: string, rule: NameRule): string | undefined {
  if (value.trim() === '') {
    return 'empty';
  }
  const shown = JSON.stringify(value);
  if (rule.placeholders?.includes(value.toLowerCase())) {
    return `${shown}, a placeholder`;
  }
  if (value.length < (rule.minLength ?? 0) || value.length > (rule.maxLength ?? Number.POSITIVE_INFINITY)) {
    return `${shown}, of length ${value.length}`;
  }
  return new RegExp(rule.pattern).test(value) ? undefined : shown;
}
