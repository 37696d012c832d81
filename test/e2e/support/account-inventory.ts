import { type Answer, json, query } from '../../../local-servers/test/aws-call.js';
import type { Account } from './cdk.js';

/** Names and ids of what is in an account, by its kind. Kinds that the account has nothing of are left out. */
export type Inventory = Readonly<Record<string, readonly string[]>>;

/** Asks every service that the stacks make something of, and not CloudFormation: what a deleted stack leaves behind is here. */
export async function inventoryOf(account: Account): Promise<Inventory> {
  const kinds = { ...(await byQuery(account)), ...(await byJson(account)) };
  return Object.fromEntries(Object.entries(kinds).filter(([, names]) => names.length > 0));
}

/** What the second has beyond the first. */
export function addedTo(before: Inventory, after: Inventory): Inventory {
  const added = Object.entries(after).map(([kind, names]): [string, readonly string[]] => [
    kind,
    names.filter((name) => before[kind]?.includes(name) !== true),
  ]);
  return Object.fromEntries(added.filter(([, names]) => names.length > 0));
}

type Listing = readonly [service: Parameters<typeof query>[2], action: string, element: string];

const XML_LISTINGS: Readonly<Record<string, Listing>> = {
  alarms: ['monitoring', 'DescribeAlarms', 'AlarmName'],
  dashboards: ['monitoring', 'ListDashboards', 'DashboardName'],
  autoScalingGroups: ['autoscaling', 'DescribeAutoScalingGroups', 'AutoScalingGroupName'],
  roles: ['iam', 'ListRoles', 'RoleName'],
  instanceProfiles: ['iam', 'ListInstanceProfiles', 'InstanceProfileName'],
  addresses: ['ec2', 'DescribeAddresses', 'allocationId'],
  flowLogs: ['ec2', 'DescribeFlowLogs', 'flowLogId'],
  internetGateways: ['ec2', 'DescribeInternetGateways', 'internetGatewayId'],
  launchTemplates: ['ec2', 'DescribeLaunchTemplates', 'launchTemplateId'],
  natGateways: ['ec2', 'DescribeNatGateways', 'natGatewayId'],
  networks: ['ec2', 'DescribeVpcs', 'vpcId'],
  routeTables: ['ec2', 'DescribeRouteTables', 'routeTableId'],
  securityGroups: ['ec2', 'DescribeSecurityGroups', 'groupId'],
  subnets: ['ec2', 'DescribeSubnets', 'subnetId'],
};

async function byQuery({ emulator, id }: Account): Promise<Inventory> {
  const keys = { id, secret: secretOf(emulator.environment) };
  const listed = Object.entries(XML_LISTINGS).map(async ([kind, [service, Action, element]]) => {
    const { body } = succeeded(await query(emulator, keys, service, { Action }));
    return [kind, [...new Set([...body.matchAll(new RegExp(`<${element}>([^<]+)<`, 'g'))].map(([, name]) => String(name)))]];
  });
  return Object.fromEntries(await Promise.all(listed));
}

async function byJson({ emulator, id }: Account): Promise<Inventory> {
  const keys = { id, secret: secretOf(emulator.environment) };
  const ask = async (service: Parameters<typeof json>[2], action: string, input: object = {}) =>
    JSON.parse(succeeded(await json(emulator, keys, service, action, input)).body);
  const clusters: string[] = (await ask('ecs', 'ListClusters')).clusterArns;
  const services = await Promise.all(clusters.map((cluster) => ask('ecs', 'ListServices', { cluster })));
  const nameOf =
    (field: string) =>
    (record: Readonly<Record<string, string>>): string =>
      String(record[field]);
  return {
    clusters,
    services: services.flatMap(({ serviceArns }) => serviceArns),
    taskDefinitions: (await ask('ecs', 'ListTaskDefinitions')).taskDefinitionArns,
    logGroups: (await ask('logs', 'DescribeLogGroups')).logGroups.map(nameOf('logGroupName')),
    secrets: (await ask('secretsmanager', 'ListSecrets')).SecretList.map(nameOf('Name')),
    tables: (await ask('dynamodb', 'ListTables')).TableNames,
  };
}

function secretOf(environment: Readonly<Record<string, string>>): string {
  return String(environment['AWS_SECRET_ACCESS_KEY']);
}

function succeeded(answer: Answer): Answer {
  if (answer.status !== 200) {
    throw new Error(`an account can't be listed: ${answer.status} ${answer.body}`);
  }
  return answer;
}
