import { openAuditTrail } from '../../../../src/audit/trail/open-audit-trail.js';

/** Appends as fast as it can and prints the id of each record that it was told of, until it is killed. */
const [folder = ''] = process.argv.slice(2);
const silent = () => undefined;
const log = { trace: silent, debug: silent, info: silent, warn: silent, error: silent };

void openAuditTrail({ folder, maxBytes: 64_000_000, fileBytes: 100_000, sinks: [], log }).then(
  (trail) => {
    const turn = () => {
      for (let more = 0; more < 50; more += 1) {
        trail.append({ action: 'deliver', application: 'shop', secret: 'db-production', outcome: 'ok' }, (failure) => {
          if (failure === undefined) acknowledged += 1;
        });
      }
      setImmediate(tell);
    };
    let acknowledged = trail.status().lastId;
    let told = 0;
    const tell = () => {
      if (acknowledged > told) process.stdout.write(`${acknowledged}\n`);
      told = acknowledged;
      setImmediate(turn);
    };
    process.stdout.write('ready\n');
    turn();
  },
  (error: Error) => {
    process.stdout.write(`refused ${error.name}\n`);
  },
);
