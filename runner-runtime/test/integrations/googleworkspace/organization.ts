import type { Principal, Target } from '@axiom-runner/protocol';
import type { SlotState } from '../../../src/integration-kit/slots/slot.js';
import { googleworkspace } from '../../../src/integrations/googleworkspace/integration.js';
import type { WorkspaceSecret } from '../../../src/integrations/googleworkspace/secret.js';
import type { Domain, FakeGroup } from '../../support/fake-vendor/googleworkspace/domain.js';
import { FakeWorkspace } from '../../support/fake-vendor/googleworkspace/fake-workspace.js';
import { RunnerHarness } from '../runner-harness.js';

/** An organization with a group, and a runner that works on it. */
export class Organization {
  readonly domain: Domain;
  readonly group: FakeGroup;
  readonly runner: RunnerHarness<WorkspaceSecret, SlotState>;
  #users = 0;

  private constructor(readonly fake: FakeWorkspace) {
    this.domain = fake.domain;
    this.group = this.domain.addGroup('platform');
    this.runner = new RunnerHarness(googleworkspace, { type: 'googleworkspace', id: fake.domain.customerId }, fake.secret());
  }

  static async start(): Promise<Organization> {
    return new Organization(await FakeWorkspace.start());
  }

  async stop(): Promise<void> {
    await this.fake.stop();
    await this.runner.stop();
  }

  get groupTarget(): Target {
    return { kind: 'group', path: [this.group.id] };
  }

  get customerTarget(): Target {
    return { kind: 'customer', path: [this.domain.customerId] };
  }

  newUser(): Principal {
    this.#users += 1;
    return { kind: 'user', id: this.domain.addUser(`user-${this.#users}`).id };
  }

  /** Makes a member by hand. */
  join(principal: Principal, role = 'MEMBER', group = this.group): void {
    const email = this.domain.user(principal.id)?.primaryEmail ?? this.domain.group(principal.id)?.email ?? '';
    const type = principal.kind === 'group' ? 'GROUP' : 'USER';
    this.domain.setMember(group.id, { id: principal.id, email, type, role, byInterface: false });
  }

  /** The role that somebody really has. */
  roleOf({ id }: Principal): string | undefined {
    return this.domain.member(this.group.id, id)?.role;
  }
}
