import type { JSONWebKeySet } from 'jose';
import { readGroups } from './groups.js';
import type { Home } from './home/home.js';
import type { ApiKeyRecord, Group } from './home/state.js';
import { operatorKey, publicPart } from './keys.js';

/** Public keys of all API keys that are valid now: what Temporal's `jwtKeyProvider` reads. */
export async function apiKeySet(home: Home, now: Date = new Date()): Promise<JSONWebKeySet> {
  const groups = await readGroups(home);
  const published = groups.flatMap(publishedKeys(now)).map(({ publicJwk }) => publicJwk);
  return { keys: [publicPart(await operatorKey(home)), ...published] };
}

function publishedKeys(now: Date): (group: Group) => ApiKeyRecord[] {
  return ({ apiKeys }) => apiKeys.filter((key) => !isOver(key.expiresAt, now) && !isOver(key.retiresAt, now));
}

function isOver(end: string | undefined, now: Date): boolean {
  return end !== undefined && Date.parse(end) <= now.getTime();
}
