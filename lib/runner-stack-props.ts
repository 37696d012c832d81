import type { RemovalPolicy, StackProps } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { RunnerOptions } from '../constructs';

/** Settings of every stack with runners. Names, ids and ARNs of what exists: for what an app makes itself there are the constructs. */
export interface RunnerStackProps extends StackProps, RunnerOptions {
  /**
   * Tenant id, as the platform shows it.
   * @default - the template's parameter `TenantId`
   */
  readonly tenantId?: string;

  /**
   * Id of the runner group, as the platform shows it.
   * @default - the template's parameter `RunnerGroupId`
   */
  readonly runnerGroupId?: string;

  /**
   * Name or ARN of the secret with the API key of the runner group.
   * @default - the template's parameter `ApiKeySecretArn`
   */
  readonly apiKeySecretId?: string;

  /**
   * ARN of the proxy role for a secret store in another account; with `proxyRoleExternalId`.
   * @default - the template's parameter `ProxyRoleArn`, by default empty: the store of this account
   */
  readonly proxyRoleArn?: string;

  /**
   * External id of the proxy role; with `proxyRoleArn`.
   * @default - the template's parameter `ProxyRoleExternalId`, by default empty
   */
  readonly proxyRoleExternalId?: string;

  /**
   * ARN of the key that the integration secrets are encrypted with.
   * @default - the AWS managed key `aws/secretsmanager`
   */
  readonly kmsKeyArn?: string;

  /**
   * Whether a DynamoDB table is made for accesses in systems that have no place for a mark.
   * @default false
   */
  readonly ledger?: boolean;

  /**
   * What happens to the state key, the ledger and the logs when the stack is deleted.
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;
}

/** The network of a stack with runners: one of these three, or parameters of the template. */
export interface RunnerNetworkProps {
  /**
   * Network of the runners.
   * @default - the network that `vpcId` or `newVpc` names, else the template's parameters `VpcId` and `SubnetIds`
   */
  readonly vpc?: ec2.IVpc;

  /**
   * Id of the network of the runners. The CDK looks it up, for which the stack needs an account and a region.
   * @default - see `vpc`
   */
  readonly vpcId?: string;

  /**
   * Whether a network is made for the runners: private subnets in two zones, and one NAT gateway. The stack needs a
   * bootstrapped environment then.
   * @default false
   */
  readonly newVpc?: boolean;

  /**
   * Subnets of the runners, not with parameters. Public ones are refused.
   * @default - the private subnets with a way out, else the isolated ones
   */
  readonly vpcSubnets?: ec2.SubnetSelection;
}
