import { type Item, packItems, systemName } from '@axiom-runner/protocol';
import { MAX_BATCH_BYTES } from '../../../contract/tasks.js';
import { RunnerError } from '../errors.js';
import type { AnyIntegration } from '../integrations/catalogue.js';
import type { SystemAccess } from '../integrations/integration.js';
import type { CollectedPage } from './activity-types.js';

/** Items of a page. The first may have more to say of each than fits into one batch, so it asks for fewer. */
const MOST_ITEMS = 10_000;
const FIRST_ITEMS = 5_000;
const FEWEST_ITEMS = 50;
/** A batch below this share of the largest leaves room for twice as many items. */
const ROOM_TO_DOUBLE = 0.45;

/** Reads pages that fit into one batch. Remembers how many items fitted, for each system: a page that is too large is read in vain. */
export class Batches {
  readonly #fitting = new Map<string, number>();

  /**
   * Reads the next page of a collection.
   * @throws {RunnerError} `UNSUPPORTED` when even a small page is too large
   */
  async read(integration: AnyIntegration, access: SystemAccess<unknown>, cursor: string | undefined): Promise<CollectedPage> {
    const system = systemName(access.system);
    for (let limit = this.#fitting.get(system) ?? FIRST_ITEMS; limit >= FEWEST_ITEMS; limit = Math.floor(limit / 2)) {
      const page = await integration.collect(access, cursor, limit);
      const batch = packItems(page.items);
      if (batch.length > MAX_BATCH_BYTES) continue;
      const hasRoom = batch.length < MAX_BATCH_BYTES * ROOM_TO_DOUBLE;
      this.#fitting.set(system, hasRoom ? Math.min(MOST_ITEMS, limit * 2) : limit);
      return { batch, counts: countByKind(page.items), warnings: page.warnings, ...(page.next === undefined ? {} : { next: page.next }) };
    }
    throw new RunnerError('UNSUPPORTED', `${FEWEST_ITEMS} items of the collection do not fit into one batch.`, {
      mend: 'Shorten the names or comments in the system.',
    });
  }
}

/** How many items there are of each kind. */
export function countByKind(items: readonly Item[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { item } of items) counts[item] = (counts[item] ?? 0) + 1;
  return counts;
}
