import { openAuditTrail } from '../../../../src/audit/trail/open-audit-trail.js';

/** Records, and is killed by its own sink between the delivery and the cursor. Prints what the sink gets. */
const [folder = ''] = process.argv.slice(2);
const silent = () => undefined;
const log = { trace: silent, debug: silent, info: silent, warn: silent, error: silent };
let deliveries = 0;
const sink = {
  name: 'fake:one',
  send: async (records: readonly string[]) => {
    deliveries += 1;
    process.stdout.write(`${records.map((line) => JSON.parse(line).id).join(' ')}\n`, () => {
      if (deliveries === 2) process.kill(process.pid, 'SIGKILL');
    });
    if (deliveries === 2) await new Promise(() => undefined);
  },
  close: silent,
};

const shipping = { gatherMs: 0 };
void openAuditTrail({ folder, maxBytes: 1_000_000, fileBytes: 4_000, sinks: [sink], log, shipping }).then(async (trail) => {
  const record = () => trail.record({ action: 'deliver', application: 'shop', secret: 'db-production', outcome: 'ok' });
  await Promise.all(Array.from({ length: 600 }, record));
});
