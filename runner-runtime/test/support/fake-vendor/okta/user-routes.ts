import type { FakeOkta } from './okta.js';
import { FORBIDDEN, INVALID, linkedPage, NOT_FOUND } from './replies.js';
import type { FakeUser, OktaWorld } from './world.js';

export const MADE = '2024-01-02T03:04:05.000Z';

/** https://developer.okta.com/docs/api/openapi/okta-management/management/tag/User/ */
export function userRoutes(fake: FakeOkta): void {
  const { world } = fake;

  fake.onList('/api/v1/users', 'users', (call) => {
    const filter = call.query.get('filter');
    if (filter === null) {
      const listed = [...world.users.values()].filter(({ status }) => status !== 'DEPROVISIONED');
      return linkedPage(call, world.host, listed, userShape);
    }
    const [, quoted] = /^profile\.login eq "((?:[^"\\]|\\["\\])*)"$/.exec(filter) ?? [];
    if (quoted === undefined) return INVALID;
    const login = quoted.replace(/\\(["\\])/g, '$1');
    return linkedPage(
      call,
      world.host,
      [...world.users.values()].filter((user) => user.login === login),
      userShape,
    );
  });

  fake.on('GET', '/api/v1/users/:user', undefined, (call) => {
    const caller = fake.callerOf(call);
    const asked = call.params['user'] ?? '';
    const user = asked === 'me' ? world.users.get(caller) : findUser(world, asked);
    if (user?.id !== caller && !fake.may(call, 'users')) return FORBIDDEN;
    return user === undefined ? NOT_FOUND : { status: 200, body: userShape(user) };
  });
}

/** By id, login, or the part of a login before its @ where only one has it; never by a text with a slash. */
export function findUser(world: OktaWorld, text: string): FakeUser | undefined {
  if (text.includes('/')) return undefined;
  const wanted = text.toLowerCase();
  const all = [...world.users.values()];
  const exact = world.users.get(text) ?? all.find(({ login }) => login.toLowerCase() === wanted);
  if (exact !== undefined) return exact;
  const short = all.filter(({ login }) => login.toLowerCase().split('@')[0] === wanted);
  return short.length === 1 ? short[0] : undefined;
}

export function userShape({ id, login, name, status }: FakeUser) {
  const [firstName = '', ...rest] = name.split(' ');
  return {
    id,
    status,
    created: MADE,
    activated: MADE,
    statusChanged: MADE,
    lastLogin: null,
    lastUpdated: MADE,
    passwordChanged: MADE,
    profile: { login, email: 'person@example.com', firstName, lastName: rest.join(' ') },
    credentials: { provider: { type: 'OKTA', name: 'OKTA' } },
  };
}
