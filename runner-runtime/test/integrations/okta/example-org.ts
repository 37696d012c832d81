import { FakeOkta } from '../../support/fake-vendor/okta/okta.js';
import type { FakeApp, FakeGroup, FakeUser } from '../../support/fake-vendor/okta/world.js';

export const TOKEN = '00canaryOfTheTokenOfTheRunnerExample';
/** A token whose user has no admin role. */
export const POWERLESS = '00canaryOfATokenWithoutAnyAdminRole';
export const SYSTEM = { type: 'okta', id: 'example' };

/** An org with a little of everything, and the runner's token in it. */
export class ExampleOrg {
  readonly everyone: FakeGroup;
  readonly runner: FakeUser;
  readonly group: FakeGroup;
  readonly app: FakeApp;
  readonly customRole: { readonly id: string };
  readonly resourceSet: { readonly id: string };
  #people = 0;

  private constructor(readonly fake: FakeOkta) {
    const { world } = fake;
    this.everyone = world.addGroup('Everyone', 'BUILT_IN');
    this.runner = world.addUser('runner@example.com', 'Axiom Runner');
    world.addRole({ kind: 'user', id: this.runner.id }, 'SUPER_ADMIN');
    world.addToken(TOKEN, this.runner);
    world.addToken(POWERLESS, world.addUser('powerless@example.com'));
    this.group = world.addGroup('Analysts');
    this.app = world.addApp('Wiki');
    this.customRole = world.addCustomRole('Helpers', ['okta.users.read']);
    this.resourceSet = world.addResourceSet('Sales');
  }

  static async start(): Promise<ExampleOrg> {
    return new ExampleOrg(await FakeOkta.start());
  }

  get world() {
    return this.fake.world;
  }

  secret(over: Readonly<Record<string, unknown>> = {}) {
    return { okta_domain: this.world.host, token: TOKEN, api_base_url: this.fake.vendor.url, ...over };
  }

  /** Somebody new. @param login as unpleasant as Okta allows */
  addPerson(login?: string): FakeUser {
    this.#people += 1;
    return this.world.addUser(login ?? `person${this.#people}@example.com`, `Person ${this.#people}`);
  }

  stop(): Promise<void> {
    return this.fake.vendor.stop();
  }
}
