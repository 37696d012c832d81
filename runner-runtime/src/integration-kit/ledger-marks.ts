import { z } from 'zod';
import type { MarkedObject, SystemAccess } from '../integrations/integration.js';

/** What the records of slots and of objects have in common for the reaper. */
const marksSchema = z.union([
  z.object({ slot: z.array(z.string()), grants: z.array(z.object({ mark: z.string() })) }),
  z.object({ object: z.string(), mark: z.string() }),
]);

/** Every access of which the ledger has a record, tombstones included; a record that is not the runner's shows as a mark that does not verify. */
export async function listLedgerMarks<Secret>({ ledger }: SystemAccess<Secret>): Promise<MarkedObject[]> {
  return (await ledger.list()).flatMap(({ entry, document }): MarkedObject[] => {
    const record = marksSchema.safeParse(document);
    if (!record.success) return [{ object: entry, mark: '' }];
    if ('grants' in record.data) {
      const object = record.data.slot.join('/');
      return record.data.grants.map(({ mark }) => ({ object, mark }));
    }
    return [{ object: record.data.object, mark: record.data.mark }];
  });
}
