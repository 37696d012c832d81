import { type Item, unpackItems } from '@axiom-runner/protocol';
import { describe, expect, it } from '@jest/globals';
import { MAX_BATCH_BYTES } from '../../../contract/tasks.js';
import type { AnyIntegration } from '../../src/integrations/catalogue.js';
import type { SystemAccess } from '../../src/integrations/integration.js';
import { Batches } from '../../src/tasks/batches.js';

/** Nothing in it is read but the system. */
const access = { system: { type: 'okta', id: 'example' } } as SystemAccess<unknown>;

/** A system of principals whose names do not become smaller when they are packed. @param bytes of each name, by its number */
function systemOf(count: number, bytes: (principal: number) => number) {
  const limits: number[] = [];
  const integration = {
    collect: async (_access: unknown, cursor: string | undefined, limit: number) => {
      limits.push(limit);
      const from = Number(cursor ?? 0);
      const to = Math.min(count, from + limit);
      const items = Array.from({ length: to - from }, (_, place): Item => {
        const noise = crypto.getRandomValues(new Uint8Array(bytes(from + place)));
        return {
          item: 'principal',
          principal: { kind: 'user', id: String(from + place) },
          displayName: Buffer.from(noise).toString('base64'),
        };
      });
      return { items, warnings: [], ...(to < count ? { next: String(to) } : {}) };
    },
  } as unknown as AnyIntegration; // Nothing else of an integration is used here.
  return { integration, limits };
}

/** Everything, in batches. */
async function readAll(batches: Batches, integration: AnyIntegration): Promise<string[]> {
  const all: string[] = [];
  for (let cursor: string | undefined, first = true; first || cursor !== undefined; first = false) {
    const { batch, next } = await batches.read(integration, access, cursor);
    all.push(batch);
    cursor = next;
  }
  return all;
}

describe('batches', () => {
  it('keep to their largest size, and hold everything once and in order', async () => {
    const { integration } = systemOf(4_000, () => 60);
    const all = await readAll(new Batches(), integration);
    expect(Math.max(...all.map(({ length }) => length))).toBeLessThanOrEqual(MAX_BATCH_BYTES);
    const ids = all.flatMap(unpackItems).map((item) => (item.item === 'principal' ? item.principal.id : ''));
    expect(ids).toEqual(Array.from({ length: 4_000 }, (_, principal) => String(principal)));
  });

  it('read a page in vain only until they know how many items fit', async () => {
    const { integration, limits } = systemOf(10_000, () => 60);
    const all = await readAll(new Batches(), integration);
    expect(limits.slice(0, 3)).toEqual([5_000, 2_500, 2_500]);
    expect(limits.length).toBe(all.length + 1);
  });

  it('hold more items again where each has less to say', async () => {
    const { integration, limits } = systemOf(30_000, (principal) => (principal < 5_000 ? 60 : 0));
    await readAll(new Batches(), integration);
    expect(limits).toEqual([5_000, 2_500, 2_500, 2_500, 5_000, 10_000, 10_000]);
  });

  it('are refused when even few items are too large', async () => {
    const { integration } = systemOf(200, () => 8_000);
    await expect(new Batches().read(integration, access, undefined)).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  });
});
