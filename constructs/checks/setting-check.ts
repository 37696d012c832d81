import { Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { NameRule } from '../../contract/name-rules';

/** A setting that no construct takes: an app can say so without a stack trace. */
export class InvalidSetting extends Error {}

/** An error that says which construct and setting, the value found, what is allowed, and the fix. */
export function invalidSetting(scope: IConstruct, setting: string, found: string, allowed: string, fix: string): InvalidSetting {
  return new InvalidSetting(`[${scope.node.path}] ${setting} is ${found}. Allowed: ${allowed}. ${fix}`);
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

/** The same for a setting that may be left out. */
export function optionalSetting(scope: IConstruct, setting: string, value: string | undefined, rule: NameRule): string | undefined {
  return value === undefined ? undefined : checkedSetting(scope, setting, value, rule);
}

/**
 * Throws when a number is no whole one of the range. A token passes, and so does a setting that was left out.
 * @param fix what to do, as a sentence
 * @returns the number, so that a check can stand where it is used
 */
export function checkedCount<T extends number | undefined>(
  scope: IConstruct,
  setting: string,
  value: T,
  least: number,
  most: number,
  fix: string = 'Change it.',
): T {
  if (value !== undefined && !Token.isUnresolved(value) && !(Number.isInteger(value) && value >= least && value <= most)) {
    const allowed = most === Number.MAX_SAFE_INTEGER ? `a whole number from ${least}` : `a whole number from ${least} to ${most}`;
    throw invalidSetting(scope, setting, String(value), allowed, fix);
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
