import { Agent } from 'node:http';
import { AGENT_PROBLEMS } from '../../../../../contract/agent.js';
import { newToken } from '../../../../src/agent/applications/token.js';
import { USERNAME } from './agent-host.js';
import { askSecret, type Reply } from './ask.js';

/** An application with secrets of its own. */
export interface LoadedApplication {
  readonly token: string;
  readonly ids: readonly string[];
}

/** How hard an agent is pressed. */
export interface Pressure {
  /** Connections, each of which asks for one thing after the other. */
  readonly connections: number;
  readonly requestsOfEach: number;
  /** How many of an application's secrets are asked for. @default all */
  readonly among?: number;
}

/** What came of it. */
export interface Outcomes {
  /** Answers by status and code: `200`, `403 SECRET_NOT_ALLOWED`. */
  readonly counts: ReadonlyMap<string, number>;
  /** What must not be: a wrong value, an answer for somebody else, a refusal that nobody has documented. */
  readonly faults: readonly string[];
}

const DOCUMENTED = new Set(AGENT_PROBLEMS.map(({ status, code }) => `${status} ${code}`));
const MOST_FAULTS = 20;

/** The password of a secret: no other secret has it. */
export function passwordOf(id: string): string {
  return `password of ${id}`;
}

/** Asks for secrets as applications do, half of the time with a token that is of none, and a fifth of the others for another one's secret. */
export async function press(
  address: string,
  applications: readonly LoadedApplication[],
  { connections, requestsOfEach, among }: Pressure,
  random: () => number,
): Promise<Outcomes> {
  const counts = new Map<string, number>();
  const faults: string[] = [];
  const one = <T>(items: readonly T[], most = items.length): T => {
    const item = items[Math.floor(random() * Math.min(most, items.length))];
    if (item === undefined) throw new TypeError('there is none to choose');
    return item;
  };
  const client = async () => {
    const connection = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let asked = 0; asked < requestsOfEach; asked += 1) {
      const owner = one(applications);
      const id = one(owner.ids, among);
      const asker = random() < 0.5 ? undefined : random() < 0.8 ? owner : one(applications.filter((other) => other !== owner));
      const reply = await askSecret(address, id, { token: asker?.token ?? newToken(), connections: connection });
      const kind = [reply.status, reply.code].filter((part) => part !== undefined).join(' ');
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
      const fault = faultOf(reply, id, asker === undefined ? 'stranger' : asker === owner ? 'owner' : 'another');
      if (fault !== undefined && faults.length < MOST_FAULTS) faults.push(`${fault}: ${id}: ${kind} ${reply.body}`);
    }
    connection.destroy();
  };
  await Promise.all(Array.from({ length: connections }, client));
  return { counts, faults };
}

function faultOf({ status, code, body }: Reply, id: string, who: 'owner' | 'another' | 'stranger'): string | undefined {
  if (status !== 200) {
    if (!DOCUMENTED.has(`${status} ${code}`)) return 'an undocumented refusal';
    if (body.includes('password of')) return 'a value in a refusal';
    if (who === 'another' && code !== 'SECRET_NOT_ALLOWED') return 'another refusal than what belongs to it';
    if (who === 'stranger' && code !== 'TOKEN_INVALID' && code !== 'TOO_MANY_REQUESTS') return 'another refusal than what belongs to it';
    if (who === 'owner' && code !== 'VAULT_UNAVAILABLE' && code !== 'VAULT_TIMEOUT') return 'a refusal that its owner must not get';
    return undefined;
  }
  if (who !== 'owner') return 'a secret for somebody else';
  const { secret_id, username, password, expires_at, ...others } = JSON.parse(body);
  const isRight = secret_id === id && username === USERNAME && password === passwordOf(id) && /^\d{4}-.*Z$/.test(expires_at);
  return isRight && Object.keys(others).length === 0 ? undefined : 'a wrong answer';
}

/** The same numbers at every run: https://prng.di.unimi.it, splitmix32. @returns numbers from 0 to 1 */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 4_294_967_296;
  };
}
