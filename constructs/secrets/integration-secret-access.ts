import { ArnFormat, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { IConstruct } from 'constructs';
import { KMS_KEY_ARN } from '../../contract/name-rules';
import { INTEGRATION_SECRET_PREFIX } from '../../contract/secrets';
import { checkedSetting, invalidSetting } from '../checks/setting-check';

/** ARN of every integration secret in the account of the construct's stack. */
function integrationSecretsArn(scope: IConstruct, region?: string): string {
  return Stack.of(scope).formatArn({
    service: 'secretsmanager',
    region,
    resource: 'secret',
    resourceName: `${INTEGRATION_SECRET_PREFIX}*`,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
}

/** All that reading an integration secret needs: no listing, no description, no writing. */
export const READ_SECRET = 'secretsmanager:GetSecretValue';

/**
 * Allows to read the value of every integration secret, and nothing else.
 * @param region of the secrets; that of the stack when absent
 */
export function readIntegrationSecrets(scope: IConstruct, region?: string): iam.PolicyStatement {
  return new iam.PolicyStatement({ actions: [READ_SECRET], resources: [integrationSecretsArn(scope, region)] });
}

/** The ARN of one secret as policies name it: where only the name is known, the six characters that AWS appends are open. */
export function secretArnInPolicies({ secretArn, secretFullArn }: secretsmanager.ISecret): string {
  return secretFullArn ?? `${secretArn}-??????`;
}

/**
 * Allows to decrypt with one key, but only as a part of reading a secret: the key can't be used directly.
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service
 */
export function decryptThroughSecretsManager(scope: IConstruct, encryptionKey: kms.IKeyRef, storeRegion?: string): iam.PolicyStatement {
  const { region, urlSuffix } = Stack.of(scope);
  return new iam.PolicyStatement({
    actions: ['kms:Decrypt'],
    resources: [checkedKeyArn(scope, encryptionKey)],
    conditions: { StringEquals: { 'kms:ViaService': `secretsmanager.${storeRegion ?? region}.${urlSuffix}` } },
  });
}

function checkedKeyArn(scope: IConstruct, { keyRef }: kms.IKeyRef): string {
  if (keyRef.keyArn.includes(':alias/')) {
    throw invalidSetting(
      scope,
      'encryptionKey',
      'an alias',
      KMS_KEY_ARN.allowed,
      'Pass the key itself: IAM does not look behind an alias.',
    );
  }
  return checkedSetting(scope, 'encryptionKey', keyRef.keyArn, KMS_KEY_ARN);
}
