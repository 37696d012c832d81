/** node pool-demo.mjs <secret id> <host> <port> <database>: opens a new connection each time that you press Enter. */

import { createInterface } from 'node:readline';
import { connect, createPool } from './pool.mjs';
import { SecretAgent } from './secret-agent.mjs';

const [, , id, host, port, database] = process.argv;
try {
  const agent = new SecretAgent();
  const pool = await createPool(agent, id, { host, port, database });
  for await (const _ of createInterface({ input: process.stdin })) {
    const connection = await connect(pool, agent, id);
    const { rows } = await connection.query('SELECT current_user');
    console.log(`logged in as ${rows[0].current_user}`);
    // Closes it, so that the next one is new.
    connection.release(true);
  }
  await pool.end();
} catch (error) {
  console.error(error.message || String(error.code));
  process.exit(1);
}
