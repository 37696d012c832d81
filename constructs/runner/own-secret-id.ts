import { Stack, Token } from 'aws-cdk-lib';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { IConstruct } from 'constructs';
import { INTEGRATION_SECRET_PREFIX } from '../../contract/secrets';
import { invalidSetting } from '../checks/setting-check';

/**
 * What a runner asks Secrets Manager with for a secret of its own. An ARN without the six characters that AWS appends is no safe id: the
 * name stands for it. Throws where the runner would look in another place than the secret is in: it asks its own region, and by a name
 * its own account.
 * @param setting name of the property, as the user wrote it
 */
export function ownSecretId(scope: IConstruct, setting: string, secret: secretsmanager.ISecret): string {
  const { region, account } = Stack.of(scope);
  if (differ(secret.env.region, region)) {
    const fix = 'Replicate the secret to that region, and refer to the replica.';
    throw invalidSetting(scope, setting, `a secret in ${secret.env.region}`, `a secret in ${region}, where the runner is`, fix);
  }
  if (secret.secretFullArn === undefined && differ(secret.env.account, account)) {
    const found = `a secret of account ${secret.env.account} without the end of its ARN`;
    throw invalidSetting(scope, setting, found, 'the complete ARN of the secret', 'Use Secret.fromSecretCompleteArn().');
  }
  return secret.secretFullArn ?? secret.secretName;
}

/** Throws on a state key that tasks could name as an integration secret. */
export function checkStateKeySecret(scope: IConstruct, { secretName }: secretsmanager.ISecret): void {
  if (!Token.isUnresolved(secretName) && secretName.startsWith(INTEGRATION_SECRET_PREFIX)) {
    const allowed = `a secret whose name does not begin with ${INTEGRATION_SECRET_PREFIX}`;
    throw invalidSetting(scope, 'stateKeySecret', JSON.stringify(secretName), allowed, 'Give the state key a secret of its own.');
  }
}

function differ(one: string, other: string): boolean {
  return !Token.isUnresolved(one) && !Token.isUnresolved(other) && one !== other;
}
