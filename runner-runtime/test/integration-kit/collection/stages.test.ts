import type { Item } from '@axiom-runner/protocol';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RunnerError } from '../../../src/errors.js';
import { nextLink, nextOffset, numberOf, queryParameter } from '../../../src/integration-kit/collection/paging.js';
import { type ListPage, list, within } from '../../../src/integration-kit/collection/source.js';
import { collectStages, type Stage, stage } from '../../../src/integration-kit/collection/stages.js';

/** A directory whose lists are paged in three ways. */
interface Directory {
  readonly groups: readonly { readonly id: string; readonly members: readonly string[] }[];
  readonly users: readonly string[];
  reads: number;
}
type Group = Directory['groups'][number];

const item = (id: string): Item => ({ item: 'principal', principal: { kind: 'user', id } });
const idOf = (entry: Item) => (entry.item === 'principal' ? entry.principal.id : '');

/** By number of the page, as in `?page=2&per_page=10`. */
function numbered<T>(all: readonly T[], token: string | undefined, size: number): ListPage<T> {
  const page = numberOf(token, 1);
  const elements = all.slice((page - 1) * size, page * size);
  return { elements, ...(page * size < all.length && { next: String(page + 1) }) };
}

/** By offset. */
function counted<T>(all: readonly T[], token: string | undefined, size: number): ListPage<T> {
  const offset = numberOf(token, 0);
  const elements = all.slice(offset, offset + size);
  return { elements, next: nextOffset(offset, elements.length, all.length) };
}

const groups = list<Directory, Group>(7, async (directory, token, size) => {
  directory.reads += 1;
  return numbered(directory.groups, token, size);
});
const members = within(groups, {
  key: ({ id }) => id,
  name: ({ id }) => `members of ${id}`,
  most: 5,
  read: async (directory: Directory, group, token, size) => {
    directory.reads += 1;
    const current = directory.groups.find(({ id }) => id === group.id);
    if (current === undefined) throw new RunnerError('TARGET_NOT_FOUND', 'gone');
    if (current.id === 'secret') throw new RunnerError('TARGET_PERMISSION_DENIED', 'No right.');
    return counted(current.members, token, size);
  },
});
const letters = within(members, {
  key: ([group, member]) => `${group.id}/${member}`,
  name: ([, member]) => `letters of ${member}`,
  most: 2,
  read: async (_: Directory, [, member], token, size) => numbered([...member], token, size),
});

const STAGES: readonly Stage<Directory>[] = [
  stage(
    'users',
    list<Directory, string>(100, async ({ users }, token, size) => counted(users, token, size)),
    (id) => [item(id)],
  ),
  stage('groups', groups, ({ id }) => [item(id), item(`${id}'s twin`)]),
  stage('members', members, ([group, member]) => [item(`${group.id}/${member}`)]),
  stage('letters', letters, ([[group, member], letter]) => [item(`${group.id}/${member}/${letter}`)]),
];

async function collectAll(directory: Directory, limit: number | ((page: number) => number), between: (page: number) => void = () => {}) {
  const ids: string[] = [];
  const warnings: string[] = [];
  let longest = 0;
  let cursor: string | undefined;
  for (let page = 0; page === 0 || cursor !== undefined; page += 1) {
    if (page > 100_000) throw new Error('does not end');
    const found = await collectStages(STAGES, directory, cursor, typeof limit === 'number' ? limit : limit(page));
    ids.push(...found.items.map(idOf));
    warnings.push(...found.warnings);
    longest = Math.max(longest, found.items.length);
    cursor = found.next;
    expect((cursor ?? '').length).toBeLessThanOrEqual(4096);
    between(page);
  }
  return { ids, warnings, longest };
}

const names = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,4}$/), { maxLength: 20 });
const directories = fc.record({
  users: names,
  groups: fc.uniqueArray(fc.record({ id: fc.uuid(), members: names }), { maxLength: 12, selector: ({ id }) => id }),
});

function expected({ users, groups: all }: Pick<Directory, 'users' | 'groups'>): string[] {
  return [
    ...users,
    ...all.flatMap(({ id }) => [id, `${id}'s twin`]),
    ...all.flatMap(({ id, members: own }) => own.map((member) => `${id}/${member}`)),
    ...all.flatMap(({ id, members: own }) => own.flatMap((member) => [...member].map((letter) => `${id}/${member}/${letter}`))),
  ];
}

describe('a collection by stages', () => {
  it('gives the same items in the same order, whatever the size of its pages, and however it changes', async () => {
    await fc.assert(
      fc.asyncProperty(directories, fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 5 }), async (content, limits) => {
        const { ids } = await collectAll({ ...content, reads: 0 }, (page) => limits[page % limits.length] ?? 1);
        expect(ids).toEqual(expected(content));
      }),
      { numRuns: 100 },
    );
  });

  it('hands over pages of about the limit', async () => {
    const users = Array.from({ length: 950 }, (_, index) => `user-${index}`);
    const { longest } = await collectAll({ users, groups: [], reads: 0 }, 300);
    expect(longest).toBe(300);
  });

  it('asks for a list of parents once, not once for each of them', async () => {
    const directory: Directory = {
      users: [],
      groups: Array.from({ length: 7 }, (_, index) => ({ id: `g${index}`, members: [] })),
      reads: 0,
    };
    await collectStages([STAGES[2] as Stage<Directory>], directory, undefined, 100);
    expect(directory.reads).toBe(1 + 7);
  });

  it('hands over a page before it has asked for too many empty lists', async () => {
    const directory: Directory = {
      users: [],
      groups: Array.from({ length: 300 }, (_, index) => ({ id: `g${index}`, members: [] })),
      reads: 0,
    };
    const page = await collectStages([STAGES[2] as Stage<Directory>], directory, undefined, 100);
    expect(page.next).toBeDefined();
    expect(directory.reads).toBeLessThan(70);
  });

  it('goes on with the parent that follows, when one vanishes while its children are read', async () => {
    const all = ['a', 'b', 'c'].map((id) => ({ id, members: ['x', 'y'] }));
    const directory = { users: [] as string[], groups: all, reads: 0 };
    const ids: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await collectStages([STAGES[2] as Stage<Directory>], directory, cursor, 1);
      ids.push(...page.items.map(idOf));
      cursor = page.next;
      if (ids.at(-1) === 'b/x') directory.groups = all.filter(({ id }) => id !== 'b');
    } while (cursor !== undefined);
    expect(ids).toEqual(['a/x', 'a/y', 'b/x', 'c/x', 'c/y']);
  });

  it('names in a warning whose children may not be read, and reads the others', async () => {
    const directory: Directory = {
      users: [],
      groups: [
        { id: 'secret', members: ['x'] },
        { id: 'open', members: ['y'] },
      ],
      reads: 0,
    };
    const page = await collectStages([STAGES[2] as Stage<Directory>], directory, undefined, 50);
    expect(page.items.map(idOf)).toEqual(['open/y']);
    expect(page.warnings).toEqual(['members of secret could not be read: No right.']);
  });

  it('leaves out with a warning an optional stage that may not be read, and fails for another', async () => {
    const closed = list<Directory, string>(10, async () => {
      throw new RunnerError('TARGET_PERMISSION_DENIED', 'No right.');
    });
    const directory: Directory = { users: ['a'], groups: [], reads: 0 };
    const [users] = STAGES;
    const optional = stage('secrets', closed, (id) => [item(id)], { optional: true });
    const page = await collectStages([optional, users as Stage<Directory>], directory, undefined, 50);
    expect(page).toEqual({ items: [item('a')], warnings: ['secrets could not be read: No right.'] });
    await expect(collectStages([stage('secrets', closed, (id) => [item(id)])], directory, undefined, 50)).rejects.toMatchObject({
      code: 'TARGET_PERMISSION_DENIED',
    });
  });

  it('refuses cursors that it did not write', async () => {
    const directory: Directory = { users: [], groups: [], reads: 0 };
    for (const cursor of [
      '',
      'x',
      '{}',
      '{"stage":"nothing","size":5}',
      '{"stage":"members","size":0}',
      '{"stage":"members","size":5,"token":"[1]"}',
    ]) {
      await expect(collectStages(STAGES, directory, cursor, 10)).rejects.toMatchObject({ code: 'TASK_REJECTED' });
    }
  });
});

describe('what a vendor says of its next page', () => {
  it.each([
    [
      '<https://api.example.com/users?page=2>; rel="next", <https://api.example.com/users?page=9>; rel="last"',
      'https://api.example.com/users?page=2',
    ],
    ['<https://api.example.com/users?page=1>; rel="prev"', undefined],
    ['<https://api.example.com/a?x=1,2&after=abc>; title="a"; rel="next"', 'https://api.example.com/a?x=1,2&after=abc'],
    ['<https://api.example.com/a>; rel=next', 'https://api.example.com/a'],
    ['nonsense', undefined],
  ])('is read from the header %s', (header, url) => {
    expect(nextLink(new Headers({ link: header }))).toBe(url);
  });

  it('is read from several headers of the name', () => {
    const headers = new Headers([
      ['link', '<https://api.example.com/a>; rel="self"'],
      ['link', '<https://api.example.com/a?after=x%2By>; rel="next"'],
    ]);
    expect(queryParameter(nextLink(headers), 'after')).toBe('x+y');
  });

  it('is taken for nothing where it has no such parameter', () => {
    expect(queryParameter('/v1/users?limit=5', 'after')).toBeUndefined();
    expect(queryParameter('http://[', 'after')).toBeUndefined();
    expect(queryParameter(undefined, 'after')).toBeUndefined();
  });
});
