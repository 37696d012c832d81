/** A pool of `pg`, each of whose new connections logs in with the password of that moment. */

import pg from 'pg';

/** @param options of pg.Pool: host, port, database and the like */
export async function createPool(agent, id, options) {
  const { username } = await agent.secret(id);
  const pool = new pg.Pool({ ...options, user: username, password: async () => (await agent.secret(id)).password });
  // A connection that breaks while nobody uses it must not end the process; the pool opens another one.
  pool.on('error', (error) => console.error(`a connection was lost: ${error.message}`));
  return pool;
}

const PASSWORD_REFUSED = '28P01';

/** A connection of the pool; when its password was rotated meanwhile, by the new one. */
export async function connect(pool, agent, id) {
  const secret = await agent.secret(id);
  try {
    return await pool.connect();
  } catch (error) {
    if (error.code !== PASSWORD_REFUSED || (await agent.afterRefusal(secret)) === undefined) throw error;
    return await pool.connect();
  }
}
