import type { Item } from '@axiom-runner/protocol';
import type { LargeDirectory } from '../../support/fake-vendor/large-directory/directory.js';

/** The principals and memberships of a directory, as {@link nameOf} names them. */
export function itemsOf(directory: LargeDirectory): Set<string> {
  const { users, groups, members } = directory.size;
  const names = new Set<string>();
  for (let user = 0; user < users; user += 1) names.add(directory.userId(user));
  for (let group = 0; group < groups; group += 1) {
    const id = directory.groupId(group);
    names.add(id);
    for (let member = 0; member < members; member += 1) names.add(`${directory.userId(directory.memberOf(group, member))} in ${id}`);
  }
  return names;
}

/** A name of a principal or a membership that no other has; nothing for other items. */
export function nameOf(item: Item): string | undefined {
  if (item.item === 'principal') return item.principal.id;
  return item.item === 'assignment' ? `${item.principal.id} in ${item.target.path.join('/')}` : undefined;
}

/** What of the expected is missing, and what came that was not expected or came again. Examples of each, not all. */
export async function compareItems(
  items: AsyncIterable<Item>,
  expected: ReadonlySet<string>,
): Promise<{ readonly missing: readonly string[]; readonly surplus: readonly string[] }> {
  const missing = new Set(expected);
  const surplus: string[] = [];
  for await (const item of items) {
    const name = nameOf(item);
    if (name !== undefined && !missing.delete(name)) surplus.push(name);
  }
  return { missing: [...missing].slice(0, EXAMPLES), surplus: surplus.slice(0, EXAMPLES) };
}

const EXAMPLES = 5;
