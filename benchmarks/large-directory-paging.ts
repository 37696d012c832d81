import { z } from 'zod';
import type { JsonClient } from '../runner-runtime/src/integration-kit/http/json-client.js';
import { path } from '../runner-runtime/src/integration-kit/http/path.js';
import { groupSchema } from '../runner-runtime/src/integrations/okta/groups.js';
import { type OktaList, readPage } from '../runner-runtime/src/integrations/okta/lists.js';
import { userSchema } from '../runner-runtime/src/integrations/okta/users.js';

const PIECE = 200;
const memberSchema = z.object({ id: z.string() });

/** Reads all users, groups and members as a script would, in one loop a list, and keeps only their numbers. */
export async function pageDirectory(client: JsonClient): Promise<{ readonly principal: number; readonly assignment: number }> {
  const groups: string[] = [];
  let [users, members] = [0, 0];
  for await (const page of pages(client, { path: path`/api/v1/users`, element: userSchema })) users += page.length;
  for await (const page of pages(client, { path: path`/api/v1/groups`, element: groupSchema })) groups.push(...page.map(({ id }) => id));
  for (const id of groups) {
    for await (const page of pages(client, { path: path`/api/v1/groups/${id}/users`, element: memberSchema })) members += page.length;
  }
  return { principal: users + groups.length, assignment: members };
}

async function* pages<Element>(client: JsonClient, list: OktaList<Element>): AsyncGenerator<readonly Element[]> {
  for (let after: string | undefined, first = true; first || after !== undefined; first = false) {
    const page = await readPage(client, { ...list, query: { limit: PIECE } }, after);
    yield page.elements;
    after = page.next;
  }
}
