import type { RemovalPolicy } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { LEDGER_PARTITION_KEY, LEDGER_SORT_KEY } from '../../contract/ledger';
import { acknowledgeFinding } from '../checks/cdk-nag-acknowledgement';

const STATE_KEY_CHARACTERS = 64;

/** The key that authenticates a runner's own records: random, known to nobody else, and not under the prefix of the integration secrets. */
export function stateKeySecret(scope: Construct, removalPolicy: RemovalPolicy): secretsmanager.Secret {
  const secret = new secretsmanager.Secret(scope, 'StateKey', {
    description: "Axiom Runner: key that authenticates the runner's own records. Deleting it makes open accesses unrecognisable.",
    generateSecretString: { passwordLength: STATE_KEY_CHARACTERS, excludePunctuation: true },
    removalPolicy,
  });
  acknowledgeFinding(secret, 'AwsSolutions-SMG4', 'Rotated by hand, when nothing reads the previous version any more: docs/security.md.');
  return secret;
}

/** The table with the accesses in systems that have no place for a mark. */
export function ledgerTable(scope: Construct, removalPolicy: RemovalPolicy): dynamodb.Table {
  return new dynamodb.Table(scope, 'Ledger', {
    partitionKey: { name: LEDGER_PARTITION_KEY, type: dynamodb.AttributeType.STRING },
    sortKey: { name: LEDGER_SORT_KEY, type: dynamodb.AttributeType.STRING },
    billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    removalPolicy,
  });
}
