/** Secrets from the secret agent on this host. Node 20 or newer, no packages. */

import { readFile } from 'node:fs/promises';
import * as http from 'node:http';
import * as https from 'node:https';
import { setTimeout as pause } from 'node:timers/promises';

const TIMEOUT_MS = 30_000;
const LONGEST_WAIT_SECONDS = 30;
const LARGEST_ANSWER = 1_048_576;

/** A user name and a password, which is private: neither console.log nor JSON.stringify shows it. */
export class Secret {
  #password;

  constructor({ secret_id, username, password, expires_at }) {
    this.id = secret_id;
    this.username = username;
    this.expiresAt = new Date(expires_at);
    this.#password = password;
  }

  get password() {
    return this.#password;
  }

  toString() {
    return `${this.id} (user ${this.username}, until ${this.expiresAt.toISOString()})`;
  }
}

/** The agent's no: a stable code, what it means, and what to do about it. */
export class AgentRefusal extends Error {
  constructor(status, { code, detail, mend }) {
    super(`${code}: ${detail}\n  ${mend}`);
    this.status = status;
    this.code = code;
  }
}

/** Asks the agent and keeps each secret until its expires_at, no longer. */
export class SecretAgent {
  #address;
  #kept = new Map();

  /** @param address http(s)://host:port, or the path of a socket */
  constructor(address = process.env.SEGURA_AGENT_ADDRESS || 'http://localhost:8787') {
    this.#address = address;
    if (address.startsWith('/')) return;
    const { protocol, hostname } = new URL(address);
    if (protocol === 'http:' && !['localhost', '127.0.0.1', '[::1]'].includes(hostname)) {
      throw new Error('http:// to another host would send token and secret unencrypted: use https://');
    }
  }

  /** The secret as it may be used now. Rejects with an AgentRefusal, or with an error of the network. */
  async secret(id) {
    const kept = this.#kept.get(id);
    if (kept !== undefined && new Date() < kept.expiresAt) return kept;
    const secret = await this.#askPatiently(id);
    this.#kept.set(id, secret);
    return secret;
  }

  /** What to log in with when a secret was refused, because it was rotated; undefined when the agent has nothing else. */
  async afterRefusal(refused) {
    if (this.#kept.get(refused.id) === refused) this.#kept.delete(refused.id);
    const secret = await this.secret(refused.id);
    const isSame = secret.username === refused.username && secret.password === refused.password;
    return isSame ? undefined : secret;
  }

  /** Asks again when the agent says how soon that makes sense. */
  async #askPatiently(id) {
    for (let waited = 0; ; ) {
      const { status, retryAfter, answer } = await this.#ask(id);
      if (status === 200) return new Secret(answer);
      if (!(retryAfter > 0) || waited + retryAfter > LONGEST_WAIT_SECONDS) throw new AgentRefusal(status, answer);
      await pause(retryAfter * 1000);
      waited += retryAfter;
    }
  }

  async #ask(id) {
    const token = await readToken();
    const { body, status, retryAfter } = await this.#send(`/secret/${id}`, token === undefined ? {} : { authorization: `Bearer ${token}` });
    try {
      const answer = JSON.parse(body);
      if ((status === 200 ? answer.password : answer.code) === undefined) throw new TypeError();
      return { status, retryAfter, answer };
    } catch {
      // The parser's own words quote the answer.
      throw new Error(`what answers at ${this.#address} is no secret agent`);
    }
  }

  /** By node:http, which opens sockets too; fetch does not. Without the global agent, which may use a proxy of the environment. */
  #send(path, headers) {
    const place = this.#address.startsWith('/') ? { socketPath: this.#address } : urlOptions(this.#address);
    const { request } = place.protocol === 'https:' ? https : http;
    return new Promise((resolve, reject) => {
      request({ ...place, path, headers, agent: false, signal: AbortSignal.timeout(TIMEOUT_MS) }, (response) => {
        let body = '';
        response.setEncoding('utf8').on('error', reject);
        response.on('data', (text) => {
          body += text;
          if (body.length > LARGEST_ANSWER) response.destroy(new Error('the answer is too large'));
        });
        response.on('end', () => resolve({ body, status: response.statusCode, retryAfter: Number(response.headers['retry-after']) }));
      })
        .on('error', reject)
        .end();
    });
  }
}

function urlOptions(address) {
  const { protocol, hostname, port } = new URL(address);
  return { protocol, hostname: hostname.replace(/^\[(.*)\]$/, '$1'), port };
}

/** Read each time: beside a sidecar the file holds another token when the agent has started anew. */
async function readToken() {
  const { SEGURA_AGENT_TOKEN: token, SEGURA_AGENT_TOKEN_FILE: file } = process.env;
  if (token || !file) return token || undefined;
  return (await readFile(file, 'utf8')).trim();
}
