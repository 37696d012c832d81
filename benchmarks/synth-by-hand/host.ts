import { RemovalPolicy, type Stack } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as ecr from 'aws-cdk-lib/aws-ecr';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { SITE } from '../synth-site.js';

/** What all hosts share. */
export interface Place {
  readonly vpc: ec2.IVpc;
  readonly repository: ecr.IRepository;
  readonly apiKeySecret: secretsmanager.ISecret;
}

/** What is watched of a host. */
export interface Host {
  readonly id: string;
  readonly group: string;
  readonly role: iam.Role;
  readonly logGroup?: logs.ILogGroup;
  readonly cpu: cloudwatch.IMetric;
  readonly memory: cloudwatch.IMetric;
  readonly disk: cloudwatch.IMetric;
}

/** The state key and the ledger of a host. */
export interface Records {
  readonly stateKey: secretsmanager.Secret;
  readonly ledger: dynamodb.Table;
}

export function records(stack: Stack, id: string): Records {
  const stateKey = new secretsmanager.Secret(stack, `${id}StateKey`, {
    description: "Axiom Runner: key that authenticates the runner's own records. Deleting it makes open accesses unrecognisable.",
    generateSecretString: { passwordLength: 64, excludePunctuation: true },
    removalPolicy: RemovalPolicy.RETAIN,
  });
  const ledger = new dynamodb.Table(stack, `${id}Ledger`, {
    partitionKey: { name: 'system', type: dynamodb.AttributeType.STRING },
    sortKey: { name: 'entry', type: dynamodb.AttributeType.STRING },
    billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    removalPolicy: RemovalPolicy.RETAIN,
  });
  return { stateKey, ledger };
}

export function logGroup(stack: Stack, id: string): logs.LogGroup {
  return new logs.LogGroup(stack, `${id}Logs`, { retention: logs.RetentionDays.ONE_YEAR });
}

/** What every runner may do. */
export function grantCommon(role: iam.Role, { apiKeySecret }: Place, { stateKey, ledger }: Records): void {
  const proxyRoles = 'arn:aws:iam::*:role/*Axiom-Security*';
  role.addToPolicy(new iam.PolicyStatement({ actions: ['sts:AssumeRole'], resources: [proxyRoles] }));
  apiKeySecret.grantRead(role);
  stateKey.grantRead(role);
  ledger.grant(role, 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:DeleteItem', 'dynamodb:Query');
}

export function environment(group: string, { apiKeySecret }: Place, { stateKey, ledger }: Records): Record<string, string> {
  return {
    TENANT_ID: SITE.tenantId,
    RUNNER_GROUP_ID: group,
    RUNNER_API_KEY_SECRET_ID: apiKeySecret.secretArn,
    SECRETS_STORE_ENGINE: 'aws-secrets-manager',
    WORKFLOW_RESULT_TASK_QUEUE: 'AxiomWorkflowResultHandlerTaskQueue',
    WORKFLOW_RESULT_ACTIVITY_NAME: 'HandleWorkflowResult',
    AXIOM_ACTIONS_ADDRESS_AND_PORT: 'axiomactions.axiom.security:443',
    RUNNER_STATE_KEY_SECRET_ID: stateKey.secretArn,
    RUNNER_LEDGER_TABLE: ledger.tableName,
    RUNNER_MAX_CONCURRENT_TASKS: String(SITE.maxConcurrentTasks),
  };
}
