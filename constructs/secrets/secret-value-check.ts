import { CfnParameter, Reference, SecretValue, Stack, Token, Tokenization } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { invalidSetting } from '../checks/setting-check';

const ALLOWED =
  'a SecretValue that refers to the value: SecretValue.secretsManager(…), a resource attribute, or a NoEcho parameter without a default, both of this stack';
const FIX =
  'Store the value in a secret of its own and refer to it with SecretValue.secretsManager(…), or leave out credentials and fill the secret after its deployment.';

/** Stands for a reference in flattened text; no template can hold it. */
const REFERENCE = '\0';
const DYNAMIC_REFERENCE = /^\{\{resolve:([a-z-]+):[^{}]+\}\}$/;

/**
 * Throws when any part of a secret value would stand in the template, or be shown by CloudFormation. The value is in no message.
 * @param setting name of the property, as the user wrote it
 * @returns the value, so that a check can stand where the value is used
 */
export function checkedSecretValue(scope: IConstruct, setting: string, value: unknown): SecretValue {
  if (!SecretValue.isSecretValue(value)) {
    throw invalidSetting(scope, setting, 'no SecretValue', ALLOWED, FIX);
  }
  const fault = faultOf(scope, value);
  if (fault !== undefined) {
    throw invalidSetting(scope, setting, fault, ALLOWED, FIX);
  }
  return value;
}

/** What is wrong with a secret value, completing "… is"; `undefined` when nothing is. */
function faultOf(scope: IConstruct, value: SecretValue): string | undefined {
  const token = value.unsafeUnwrap();
  const text = flattened(Token.isUnresolved(token) ? Stack.of(scope).resolve(token) : token);
  if (text === REFERENCE) {
    return faultOfReference(scope, token);
  }
  const service = DYNAMIC_REFERENCE.exec(text ?? '')?.[1];
  if (service === undefined) {
    return 'plain text, at least in part, which everybody who may read the template would see';
  }
  // https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references-ssm-secure-strings.html
  return service === 'ssm-secure' ? 'a secure string of the Parameter Store, which CloudFormation does not resolve in a secret' : undefined;
}

/** The literal text of a resolved value, each reference in it as one mark; `undefined` when a function could hide text. */
function flattened(value: unknown): string | undefined {
  if (typeof value === 'string') {
    return value;
  }
  const [[name, argument] = [], ...more] = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  if (more.length > 0) {
    return undefined;
  }
  if (name === 'Ref' || name === 'Fn::GetAtt') {
    return REFERENCE;
  }
  if (name === 'Fn::Join' && Array.isArray(argument) && Array.isArray(argument[1])) {
    const parts = argument[1].map(flattened);
    return parts.includes(undefined) ? undefined : parts.join(String(argument[0]));
  }
  return undefined;
}

function faultOfReference(scope: IConstruct, token: string): string | undefined {
  const reference = Tokenization.reverseCompleteString(token);
  if (!Reference.isReference(reference)) {
    return 'a reference whose target is unknown';
  }
  if (Stack.of(reference.target) !== Stack.of(scope)) {
    return 'a value of another stack, whose outputs would show it';
  }
  if (reference.target instanceof CfnParameter && !(reference.target.noEcho && (reference.target.default ?? '') === '')) {
    return 'a parameter that CloudFormation shows, or that has a default in the template';
  }
  return undefined;
}
