/** node demo.mjs <secret id> <url>: logs in at a web server (HTTP Basic) each time that you press Enter. */

import { createInterface } from 'node:readline';
import { SecretAgent } from './secret-agent.mjs';

async function login(url, { username, password }) {
  const credentials = Buffer.from(`${username}:${password}`).toString('base64');
  const { status } = await fetch(url, { headers: { authorization: `Basic ${credentials}` } });
  return status === 200;
}

/** Logs in; when the password was rotated meanwhile, once more with the new one. The same one is not tried twice: accounts get locked. */
async function loginWithCurrent(agent, id, url) {
  const secret = await agent.secret(id);
  if (await login(url, secret)) return secret;
  const other = await agent.afterRefusal(secret);
  if (other !== undefined && (await login(url, other))) return other;
  throw new Error('the login was refused');
}

const [, , id, url] = process.argv;
try {
  const agent = new SecretAgent();
  for await (const _ of createInterface({ input: process.stdin })) {
    console.log(`logged in with ${await loginWithCurrent(agent, id, url)}`);
  }
} catch (error) {
  console.error(error.message || String(error.code));
  process.exit(1);
}
