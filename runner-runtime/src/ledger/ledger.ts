import { createHash } from 'node:crypto';
import { type System, systemName } from '@axiom-runner/protocol';
import { RunnerError } from '../errors.js';
import type { Group } from '../guard/group-marks.js';
import type { StateKey } from '../guard/state-key.js';
import type { Ledger, LedgerEntry } from '../integrations/ledger.js';
import type { LedgerStore, StoredRecord } from './store.js';

/** What a ledger is made of. */
export interface LedgerOptions {
  readonly store: LedgerStore;
  readonly stateKey: StateKey;
  /** Whether the state key is a secret, and not made from names. */
  readonly confidential: boolean;
  readonly group: Group;
  readonly system: System;
}

/** What is encrypted: the place stands inside, so that no record can be put in the place of another. */
interface Sealed {
  readonly partition: string;
  readonly entry: string;
  readonly version: number;
  readonly document: unknown;
}

/** The ledger of one group for one system, over a store that others may read and write: each record is encrypted and bound to its place. */
export function createLedger({ store, stateKey, confidential, group, system }: LedgerOptions): Ledger {
  const partition = systemName(system);
  // Groups may share a table.
  const prefix = `${createHash('sha256')
    .update(JSON.stringify([group.tenantId, group.runnerGroupId]))
    .digest('hex')
    .slice(0, 16)}/`;

  const open = async ({ entry, version, text }: StoredRecord): Promise<{ readonly document: unknown } | undefined> => {
    const sealed = (await stateKey.decrypt(text)) as Sealed | undefined;
    const fits = sealed?.partition === partition && sealed.entry === entry && sealed.version === version;
    return fits ? { document: sealed.document } : undefined;
  };

  return {
    confidential,
    read: async (entry) => {
      const record = await store.read(partition, prefix + entry);
      if (record === undefined) return undefined;
      const opened = await open(record);
      if (opened === undefined) throw notOurs(entry);
      return { entry, version: record.version, ...opened };
    },
    write: async (entry, document, replaces): Promise<LedgerEntry> => {
      const version = (replaces ?? 0) + 1;
      const sealed: Sealed = { partition, entry: prefix + entry, version, document };
      await store.write(partition, { entry: prefix + entry, version, text: await stateKey.encrypt(sealed) }, replaces);
      return { entry, version, document };
    },
    remove: (entry, replaces) => store.remove(partition, prefix + entry, replaces),
    list: async () => {
      const records = await store.list(partition, prefix);
      return Promise.all(
        records.map(async (record) => ({ entry: record.entry.slice(prefix.length), version: record.version, ...(await open(record)) })),
      );
    },
  };
}

function notOurs(entry: string): RunnerError {
  return new RunnerError('CONFLICT', "A record of the ledger was not written with this group's state key.", {
    object: entry,
    mend: 'If the state key was replaced by hand, put the earlier one back as a previous version of its secret.',
  });
}
