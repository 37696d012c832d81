import { CfnDynamicReference, DefaultTokenResolver, StringConcat, Tokenization } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { VARIABLE_NAME } from '../../contract/name-rules';
import { checkedSetting, invalidSetting } from '../checks/setting-check';

const API_KEY = 'RUNNER_API_KEY';
/** With these the AWS SDK would leave the runner's role alone. */
const AWS_CREDENTIALS = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'];
const SECRET_REFERENCE = /\{\{resolve:(secretsmanager|ssm-secure):/;

/** The variables that a user adds. Throws on one that a property sets, and on what would put a secret into the environment. */
export function furtherVariables(
  scope: IConstruct,
  environment: Readonly<Record<string, string>>,
  known: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  for (const [name, value] of Object.entries(environment)) {
    checkedSetting(scope, 'environment', name, VARIABLE_NAME);
    checkName(scope, name, known);
    checkValue(scope, name, value);
  }
  return environment;
}

/** Many programs read the variables of a proxy in small letters, too. */
function checkName(scope: IConstruct, name: string, known: Readonly<Record<string, string | undefined>>): void {
  const capitals = name.toUpperCase();
  if (capitals === API_KEY) {
    const allowed = 'an API key that stands in a secret';
    throw invalidSetting(scope, 'environment', `${name} in plain text`, allowed, 'Put it into Secrets Manager: apiKeySecret.');
  }
  if (AWS_CREDENTIALS.includes(capitals)) {
    throw invalidSetting(scope, 'environment', name, 'variables without credentials', "Give the permission to the runner's role instead.");
  }
  if (Object.hasOwn(known, capitals)) {
    throw invalidSetting(scope, 'environment', name, 'variables that no property sets', 'Use the property for it.');
  }
}

function checkValue(scope: IConstruct, name: string, value: string): void {
  if (typeof value !== 'string') {
    throw invalidSetting(scope, 'environment', `${name} with a ${typeof value}`, 'text', 'Put the value in quotes.');
  }
  if (/[\r\n]/.test(value)) {
    throw invalidSetting(scope, 'environment', `${name} with a line break`, 'values of one line', 'Encode the value as base64.');
  }
  if (SECRET_REFERENCE.test(value) || Tokenization.reverseString(value).tokens.some((token) => isSecret(scope, token))) {
    const allowed = 'values that everybody may read who may look at the host';
    throw invalidSetting(scope, 'environment', `${name} with the value of a secret`, allowed, 'Let the program read the secret itself.');
  }
}

/** A reference that CloudFormation would put the value of a secret in place of. */
function isSecret(scope: IConstruct, token: unknown): boolean {
  const resolver = new DefaultTokenResolver(new StringConcat());
  return token instanceof CfnDynamicReference && SECRET_REFERENCE.test(JSON.stringify(Tokenization.resolve(token, { scope, resolver })));
}
