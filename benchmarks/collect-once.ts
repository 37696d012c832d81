import { openSession, parseSystem } from '../runner-runtime/src/cli/command-session.js';
import { loadIntegration } from '../runner-runtime/src/integrations/catalogue.js';

/** Collects one system in a process of its own, so that nothing is warm, and prints how long that took, from the connection on, and what it found. */
const PAGE_ITEMS = 10_000;

const system = parseSystem('postgresql/127.0.0.1');
const session = await openSession(undefined, { out: () => undefined, err: (text) => process.stderr.write(text), watched: false });
await loadIntegration(system.type);
const counts: Record<string, number> = {};
const startedAt = performance.now();
for (let cursor: string | undefined, first = true; first || cursor !== undefined; first = false) {
  const page = await session.use(system, (integration, access) => integration.collect(access, cursor, PAGE_ITEMS));
  for (const { item } of page.items) counts[item] = (counts[item] ?? 0) + 1;
  cursor = page.next;
}
process.stdout.write(JSON.stringify({ ms: performance.now() - startedAt, counts }));
