import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { StateKey } from '../../src/guard/state-key.js';
import { ledgerFolder } from '../../src/ledger/file-store.js';
import { createLedger } from '../../src/ledger/ledger.js';
import { NO_LEDGER } from '../../src/ledger/no-ledger.js';
import type { LedgerStore } from '../../src/ledger/store.js';

const KEY = new StateKey('a state key of at least 32 characters');
const GROUP = { tenantId: 'tenant', runnerGroupId: 'group' };
const SYSTEM = { type: 'github', id: '12345' };

describe('the ledger', () => {
  let folder: string;
  let store: LedgerStore;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'axiom-ledger-'));
    store = ledgerFolder(folder);
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const open = ({ stateKey = KEY, group = GROUP, system = SYSTEM } = {}) =>
    createLedger({ store, stateKey, confidential: true, group, system });
  const stored = async () => (await store.list('github/12345', ''))[0] ?? { entry: '', version: 0, text: '' };

  it('gives back what was written, to whoever has the state key', async () => {
    const written = await open().write('grant/1', { canary: 'a token' }, undefined);
    expect(written).toEqual({ entry: 'grant/1', version: 1, document: { canary: 'a token' } });
    expect(await open().read('grant/1')).toEqual(written);
    const rotated = new StateKey('the next state key, 32 characters long', ['a state key of at least 32 characters']);
    expect(await open({ stateKey: rotated }).read('grant/1')).toEqual(written);
    await open({ stateKey: rotated }).write('grant/1', { canary: 'another' }, 1);
    await expect(open().read('grant/1')).rejects.toMatchObject({ code: 'CONFLICT', mend: expect.stringContaining('state key') });
  });

  it('lets nobody else read it', async () => {
    await open().write('grant/1', { canary: 'a token' }, undefined);
    expect(JSON.stringify(await stored())).not.toContain('token');
    expect(Buffer.from((await stored()).text, 'base64url').toString('latin1')).not.toContain('canary');
  });

  it('takes no record that was put in the place of another, or made by somebody else', async () => {
    await open().write('grant/1', { value: 1 }, undefined);
    const { entry, text } = await stored();
    const prefix = entry.replace('grant/1', '');
    await store.write('github/12345', { entry: `${prefix}grant/2`, version: 1, text }, undefined);
    await store.write('github/67890', { entry, version: 1, text }, undefined);
    await store.write('github/12345', { entry: `${prefix}grant/3`, version: 1, text: 'no record' }, undefined);
    const refused = { code: 'CONFLICT', retryable: false };
    await expect(open().read('grant/2')).rejects.toMatchObject(refused);
    await expect(open().read('grant/3')).rejects.toMatchObject(refused);
    await expect(open({ system: { type: 'github', id: '67890' } }).read('grant/1')).rejects.toMatchObject(refused);
    const listed = await open().list();
    expect(listed.filter(({ document }) => document !== undefined)).toEqual([{ entry: 'grant/1', version: 1, document: { value: 1 } }]);
    expect(listed).toHaveLength(3);
  });

  it('takes no earlier version that was put back under a later number', async () => {
    await open().write('grant/1', { value: 'old' }, undefined);
    const { text } = await stored();
    await open().write('grant/1', { value: 'new' }, 1);
    const { entry } = await stored();
    await store.write('github/12345', { entry, version: 3, text }, 2);
    await expect(open().read('grant/1')).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  it('keeps groups that share a table apart', async () => {
    await open().write('grant/1', { group: 'one' }, undefined);
    const other = open({ group: { tenantId: 'tenant', runnerGroupId: 'other' } });
    expect(await other.read('grant/1')).toBeUndefined();
    expect(await other.list()).toEqual([]);
    await other.write('grant/1', { group: 'other' }, undefined);
    expect(await open().read('grant/1')).toMatchObject({ document: { group: 'one' } });
  });

  it('that is not set up holds nothing and takes nothing, and says how it is set up', async () => {
    expect(await NO_LEDGER.list()).toEqual([]);
    const refused = { code: 'UNSUPPORTED', object: 'RUNNER_LEDGER_TABLE', mend: expect.stringContaining('docs/ledger.md') };
    await expect(NO_LEDGER.read('grant/1')).rejects.toMatchObject(refused);
    await expect(NO_LEDGER.write('grant/1', {}, undefined)).rejects.toMatchObject(refused);
  });
});
