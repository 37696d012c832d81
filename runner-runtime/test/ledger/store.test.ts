import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { type AwsEmulator, startAwsEmulator } from '@axiom-runner/local-servers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LEDGER_PARTITION_KEY, LEDGER_SORT_KEY } from '../../../contract/ledger.js';
import { LedgerConflict } from '../../src/integrations/ledger.js';
import { dynamoDbStore } from '../../src/ledger/dynamodb-store.js';
import { ledgerFolder } from '../../src/ledger/file-store.js';
import type { LedgerStore } from '../../src/ledger/store.js';
import { openNetwork } from '../../src/operations/transport.js';

const NETWORK = openNetwork({ proxy: undefined, noProxy: undefined, extraCa: undefined });
const PARTITION = 'github/12345';
const TABLE = 'ledger';

/** What every store of a ledger must do. */
function describeStore(name: string, open: () => LedgerStore): void {
  describe(name, () => {
    const put = (entry: string, version: number, replaces?: number) =>
      open().write(PARTITION, { entry, version, text: `text ${version}` }, replaces);

    it('reads what was written last', async () => {
      expect(await open().read(PARTITION, 'a/1')).toBeUndefined();
      await put('a/1', 1);
      await put('a/1', 2, 1);
      expect(await open().read(PARTITION, 'a/1')).toEqual({ entry: 'a/1', version: 2, text: 'text 2' });
      expect(await open().read('github/other', 'a/1')).toBeUndefined();
    });

    it('refuses a write over another version than the one that was read', async () => {
      await put('a/2', 1);
      await expect(put('a/2', 1)).rejects.toBeInstanceOf(LedgerConflict);
      await put('a/2', 2, 1);
      await expect(put('a/2', 2, 1)).rejects.toBeInstanceOf(LedgerConflict);
      await expect(put('a/unknown', 4, 3)).rejects.toBeInstanceOf(LedgerConflict);
      expect(await open().read(PARTITION, 'a/2')).toMatchObject({ version: 2 });
    });

    it('lets one of many writers through', async () => {
      await put('a/3', 1);
      const written = await Promise.allSettled(Array.from({ length: 8 }, () => put('a/3', 2, 1)));
      expect(written.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    });

    it('removes the version that was read, and takes the entry anew', async () => {
      await put('a/4', 1);
      await expect(open().remove(PARTITION, 'a/4', 7)).rejects.toBeInstanceOf(LedgerConflict);
      await open().remove(PARTITION, 'a/4', 1);
      expect(await open().read(PARTITION, 'a/4')).toBeUndefined();
      await expect(open().remove(PARTITION, 'a/4', 1)).rejects.toBeInstanceOf(LedgerConflict);
      await put('a/4', 1);
      await expect(put('a/4', 1)).rejects.toBeInstanceOf(LedgerConflict);
      await open().remove(PARTITION, 'a/4', 1);
    });

    it('lists what starts with a prefix, in one partition', async () => {
      for (let index = 0; index < 30; index += 1) await put(`list/${index}`, 1);
      await open().write('github/other', { entry: 'list/foreign', version: 1, text: 'foreign' }, undefined);
      await open().remove(PARTITION, 'list/7', 1);
      const found = await open().list(PARTITION, 'list/');
      expect(found.map(({ entry }) => entry).sort()).toEqual(
        Array.from({ length: 30 }, (_, index) => `list/${index}`)
          .filter((entry) => entry !== 'list/7')
          .sort(),
      );
      expect(await open().list('github/nobody', 'list/')).toEqual([]);
    });

    it('takes entries of any spelling', async () => {
      for (const entry of ['a/../../b', 'grant/x:y_z-1', 'grant/%2f', 'grant/ ü "']) {
        await put(entry, 1);
        expect(await open().read(PARTITION, entry)).toEqual({ entry, version: 1, text: 'text 1' });
      }
    });
  });
}

describe('stores of a ledger', () => {
  const environment = { ...process.env };
  let emulator: AwsEmulator;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'axiom-ledger-'));
    emulator = await startAwsEmulator();
    Object.assign(process.env, emulator.environment);
    await new DynamoDBClient({}).send(
      new CreateTableCommand({
        TableName: TABLE,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [LEDGER_PARTITION_KEY, LEDGER_SORT_KEY].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
        KeySchema: [
          { AttributeName: LEDGER_PARTITION_KEY, KeyType: 'HASH' },
          { AttributeName: LEDGER_SORT_KEY, KeyType: 'RANGE' },
        ],
      }),
    );
  });
  afterAll(async () => {
    process.env = environment;
    await rm(folder, { recursive: true, force: true });
    await emulator?.stop();
  });

  describeStore('a table of DynamoDB', () => dynamoDbStore({ table: TABLE, agent: NETWORK.agent }));
  describeStore('a folder', () => ledgerFolder(folder));

  it('say what is wrong with a table', async () => {
    const store = dynamoDbStore({ table: 'no-such-table', agent: NETWORK.agent });
    await expect(store.read(PARTITION, 'a')).rejects.toMatchObject({
      code: 'SECRET_STORE_UNAVAILABLE',
      object: 'no-such-table',
      mend: expect.stringContaining('RUNNER_LEDGER_TABLE'),
      retryable: true,
    });
  });

  it('in a folder are files that only their owner reads, and keep no version that was replaced', async () => {
    const own = join(folder, 'own');
    const store = ledgerFolder(own);
    await store.write(PARTITION, { entry: 'a', version: 1, text: 'one' }, undefined);
    await store.write(PARTITION, { entry: 'a', version: 2, text: 'two' }, 1);
    const files = (await readdir(own, { recursive: true, withFileTypes: true })).filter((one) => one.isFile());
    expect(files).toHaveLength(1);
    expect(await readFile(join(files[0]?.parentPath ?? '', files[0]?.name ?? ''), 'utf8')).toContain('two');
  });
});
