import { openSession, parseSystem } from '../runner-runtime/src/cli/command-session.js';
import { loadIntegration } from '../runner-runtime/src/integrations/catalogue.js';
import type { SystemAccess } from '../runner-runtime/src/integrations/integration.js';
import { oktaClient } from '../runner-runtime/src/integrations/okta/client.js';
import type { OktaSecret } from '../runner-runtime/src/integrations/okta/secret.js';
import { Batches } from '../runner-runtime/src/tasks/batches.js';
import { pageDirectory } from './large-directory-paging.js';

/**
 * Reads a whole directory in a process of its own: `collect` as the runner's activities do, page by page into batches, `bare` with the same
 * client in a plain loop. Prints how long that took, on the clock and of CPU, what it found, and the most memory that was ever resident.
 */
const system = parseSystem('okta/example');
const session = await openSession(undefined, { out: () => undefined, err: (text) => process.stderr.write(text), watched: false });
await loadIntegration(system.type);
const startedAt = performance.now();
const cpuBefore = process.cpuUsage();
const counts = process.argv[2] === 'bare' ? await bare() : await collect();
const ms = performance.now() - startedAt;
const { user, system: kernel } = process.cpuUsage(cpuBefore);
process.stdout.write(JSON.stringify({ ms, cpuMs: (user + kernel) / 1000, counts, peakMb: process.resourceUsage().maxRSS / 1024 }));

async function collect(): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  const batches = new Batches();
  for (let cursor: string | undefined, first = true; first || cursor !== undefined; first = false) {
    const page = await session.use(system, (integration, access) => batches.read(integration, access, cursor));
    for (const [kind, count] of Object.entries(page.counts)) counts[kind] = (counts[kind] ?? 0) + count;
    cursor = page.next;
  }
  return counts;
}

function bare(): Promise<Record<string, number>> {
  // The secret of a system of this type was read by its integration's schema.
  return session.use(system, (_integration, access) => pageDirectory(oktaClient(access as SystemAccess<OktaSecret>)));
}
