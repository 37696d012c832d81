import type { Principal } from '@axiom-runner/protocol';
import { ADMIN, PASSWORDLESS } from '../../../src/integrations/jumpcloud/access-requests.js';
import { FakeJumpCloud } from '../../support/fake-vendor/jumpcloud/jumpcloud.js';
import type { FakeApplication, FakeDevice, FakeGroup, FakeUser } from '../../support/fake-vendor/jumpcloud/world.js';
import type { Wish } from '../runner-harness.js';

export const KEY = 'jca_canaryOfTheKeyOfTheRunner0000000000';
export const READER = 'jca_canaryOfAKeyThatOnlyReads000000000';
export const STRANGER = 'jca_canaryOfAKeyOfAnotherOrganization0';

export type GrantedWish = Omit<Wish, 'principal'>;

/** An organization with a little of everything, and the runner's key to it. */
export class Directory {
  readonly organization: string;
  readonly group: FakeGroup;
  readonly application: FakeApplication;
  readonly device: FakeDevice;
  #people = 0;

  private constructor(readonly fake: FakeJumpCloud) {
    const { world } = fake;
    this.organization = world.addOrganization('Example');
    const administrator = (key: string, role: string, organizations: readonly string[]) =>
      world.keys.set(key, { email: 'runner@example.com', role, organizations });
    administrator(KEY, 'Manager', [this.organization]);
    administrator(READER, 'Read Only', [this.organization]);
    administrator(STRANGER, 'Manager', [world.addOrganization('Other')]);
    this.group = world.addGroup('Analysts');
    this.application = world.addApplication('Wiki');
    this.device = world.addDevice('laptop');
  }

  static async start(): Promise<Directory> {
    return new Directory(await FakeJumpCloud.start());
  }

  get world() {
    return this.fake.world;
  }

  get system() {
    return { type: 'jumpcloud', id: this.organization };
  }

  secret(over: Readonly<Record<string, unknown>> = {}) {
    return { api_key: KEY, api_base_url: this.fake.vendor.url, ...over };
  }

  /** What can be asked for, by kind of target. */
  get wishes(): Readonly<Record<'group' | 'application' | 'device', GrantedWish>> {
    return {
      group: { target: { kind: 'group', path: [this.group.id] }, permission: 'Member' },
      application: { target: { kind: 'application', path: [this.application.id] }, permission: 'Access' },
      device: { target: { kind: 'device', path: [this.device.id] }, permission: ADMIN },
    };
  }

  /** Somebody new, bound to the device as a plain user. */
  newUser(username?: string): FakeUser {
    this.#people += 1;
    const user = this.world.addUser(username ?? `person${this.#people}`);
    this.device.user.set(user.id, undefined);
    return user;
  }

  newGroup(): FakeGroup {
    this.#people += 1;
    return this.world.addGroup(`Group ${this.#people}`);
  }

  /** Id of a principal, however it was named. */
  idOf({ id }: Principal): string {
    return [...this.world.users.values()].find((user) => user.username === id || user.email === id)?.id ?? id;
  }

  /** The directory's own judgement. */
  hasAccess(principal: Principal, { target: { kind, path }, permission }: GrantedWish): boolean {
    const [targetId = ''] = path;
    const id = this.idOf(principal);
    if (kind === 'group') return this.world.groups.get(targetId)?.members.has(id) === true;
    if (kind === 'application') {
      const application = this.world.applications.get(targetId);
      return application?.[principal.kind === 'group' ? 'user_group' : 'user'].has(id) === true;
    }
    return this.world
      .grantedOn(targetId, id)
      .some(({ sudo }) => sudo?.enabled === true && (permission !== PASSWORDLESS || sudo.withoutPassword));
  }

  stop(): Promise<void> {
    return this.fake.vendor.stop();
  }
}

export function user({ id }: { readonly id: string }): Principal {
  return { kind: 'user', id };
}

export function group({ id }: { readonly id: string }): Principal {
  return { kind: 'group', id };
}
