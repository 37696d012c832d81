import type { Agent } from 'node:https';
import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  paginateQuery,
} from '@aws-sdk/client-dynamodb';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { LEDGER_PARTITION_KEY, LEDGER_SORT_KEY } from '../../../contract/ledger.js';
import { RunnerError } from '../errors.js';
import { LedgerConflict } from '../integrations/ledger.js';
import type { LedgerStore, StoredRecord } from './store.js';

const VERSION = 'version';
const TEXT = 'text';

/** A table of the customer's account as a ledger's store; the runner's own role opens it. */
export interface DynamoDbStoreOptions {
  /** Name or ARN. */
  readonly table: string;
  readonly agent: Agent;
}

/** DynamoDB through the official SDK: strongly consistent reads, conditional writes. */
export function dynamoDbStore({ table: TableName, agent }: DynamoDbStoreOptions): LedgerStore {
  const region = /^arn:[^:]+:dynamodb:([^:]+):/.exec(TableName)?.[1];
  const client = new DynamoDBClient({
    ...(region === undefined ? {} : { region }),
    requestHandler: new NodeHttpHandler({ httpsAgent: agent, connectionTimeout: 5_000, requestTimeout: 10_000 }),
    maxAttempts: 5,
  });
  const keyOf = (partition: string, entry: string) => ({ [LEDGER_PARTITION_KEY]: { S: partition }, [LEDGER_SORT_KEY]: { S: entry } });
  /** `version` is not a reserved word today; a placeholder is safe for good. */
  const onlyOver = (replaces: number) => ({
    ConditionExpression: '#version = :replaced',
    ExpressionAttributeNames: { '#version': VERSION },
    ExpressionAttributeValues: { ':replaced': { N: String(replaces) } },
  });
  const onlyNew = { ConditionExpression: 'attribute_not_exists(#version)', ExpressionAttributeNames: { '#version': VERSION } };

  return {
    read: (partition, entry) =>
      answered(TableName, entry, async () => {
        const { Item } = await client.send(new GetItemCommand({ TableName, Key: keyOf(partition, entry), ConsistentRead: true }));
        return Item === undefined ? undefined : recordOf(Item);
      }),
    write: (partition, { entry, version, text }, replaces) =>
      answered(TableName, entry, async () => {
        const Item = { ...keyOf(partition, entry), [VERSION]: { N: String(version) }, [TEXT]: { S: text } };
        await client.send(new PutItemCommand({ TableName, Item, ...(replaces === undefined ? onlyNew : onlyOver(replaces)) }));
      }),
    remove: (partition, entry, replaces) =>
      answered(TableName, entry, async () => {
        await client.send(new DeleteItemCommand({ TableName, Key: keyOf(partition, entry), ...onlyOver(replaces) }));
      }),
    list: (partition, prefix) =>
      answered(TableName, partition, async () => {
        const records: StoredRecord[] = [];
        const pages = paginateQuery(
          { client },
          {
            TableName,
            ConsistentRead: true,
            KeyConditionExpression: '#partition = :partition AND begins_with(#entry, :prefix)',
            ExpressionAttributeNames: { '#partition': LEDGER_PARTITION_KEY, '#entry': LEDGER_SORT_KEY },
            ExpressionAttributeValues: { ':partition': { S: partition }, ':prefix': { S: prefix } },
          },
        );
        for await (const { Items = [] } of pages) records.push(...Items.map(recordOf));
        return records;
      }),
  };
}

type Item = Readonly<Record<string, { readonly S?: string | undefined; readonly N?: string | undefined }>>;

function recordOf(item: Item): StoredRecord {
  return { entry: item[LEDGER_SORT_KEY]?.S ?? '', version: Number(item[VERSION]?.N ?? 0), text: item[TEXT]?.S ?? '' };
}

async function answered<T>(table: string, entry: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) throw new LedgerConflict(entry);
    throw ledgerError(error, table);
  }
}

const MENDS: Readonly<Record<string, string>> = {
  AccessDeniedException:
    'Allow the runner GetItem, PutItem, DeleteItem and Query on the table; the option `ledger` of the constructs does.',
  ResourceNotFoundException: 'Check the name and the region of RUNNER_LEDGER_TABLE.',
};

function ledgerError(error: unknown, table: string): RunnerError {
  const name = error instanceof Error ? error.name : '';
  return new RunnerError('SECRET_STORE_UNAVAILABLE', 'The ledger cannot be used.', {
    object: table,
    mend: MENDS[name] ?? 'Check that the runner reaches DynamoDB, and that the table exists.',
    retryable: true,
  });
}
