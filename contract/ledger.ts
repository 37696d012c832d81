/** The ledger: a DynamoDB table with the accesses in systems that have no place for a mark. */

/** Partition key: the system, `<type>/<id>`. */
export const LEDGER_PARTITION_KEY = 'system';
/** Sort key: the entry within the system. */
export const LEDGER_SORT_KEY = 'entry';
/** What a runner does with the table; it never reads the whole of it. */
export const LEDGER_ACTIONS: readonly string[] = ['dynamodb:DeleteItem', 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query'];
