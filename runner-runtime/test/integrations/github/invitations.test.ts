import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Bench, end, startBench } from './bench.js';
import { repositoryTarget, user } from './organization.js';

const TARGET = repositoryTarget('payments');

describe('an invitation of somebody who is not in the organization', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await startBench();
  });
  afterEach(() => bench.stop());

  const repository = () => bench.organization.repository('payments');
  const roles = () => repository().invitations.map(({ role }) => role);

  it('is sent by a grant, and cancelled at its end', async () => {
    const person = bench.organization.newOutsider();
    const { intent } = await bench.runner.grant({ target: TARGET, permission: 'Write', principal: user(person) });
    expect(roles()).toEqual(['write']);
    expect(await bench.runner.verify(intent)).toMatchObject({ proved: false });
    await end(bench, intent);
    expect(roles()).toEqual([]);
  });

  it('has the highest role of all grants', async () => {
    const person = bench.organization.newOutsider();
    const { intent: low } = await bench.runner.grant({ target: TARGET, permission: 'Triage', principal: user(person) });
    const { intent: high } = await bench.runner.grant({ target: TARGET, permission: 'Admin', principal: user(person) });
    expect(roles()).toEqual(['admin']);
    await end(bench, high);
    expect(roles()).toEqual(['triage']);
    await end(bench, low);
    expect(roles()).toEqual([]);
  });

  it('that somebody else sent is left as it was', async () => {
    const person = bench.organization.newOutsider();
    repository().invitations.push({ id: 77, user: person.id, role: 'read', expired: false });
    const { intent } = await bench.runner.grant({ target: TARGET, permission: 'Write', principal: user(person) });
    expect(roles()).toEqual(['write']);
    await end(bench, intent);
    expect(repository().invitations).toEqual([{ id: 77, user: person.id, role: 'read', expired: false }]);
  });

  it('that was accepted ends as the role that it has become', async () => {
    const person = bench.organization.newOutsider();
    const { intent } = await bench.runner.grant({ target: TARGET, permission: 'Write', principal: user(person) });
    repository().invitations = [];
    repository().direct.set(person.id, 'write');
    await end(bench, intent);
    expect(repository().direct.size).toBe(0);
  });

  it('that has expired counts for nothing, and is sent anew', async () => {
    const person = bench.organization.newOutsider();
    repository().invitations.push({ id: 78, user: person.id, role: 'admin', expired: true });
    const { intent } = await bench.runner.grant({ target: TARGET, permission: 'Read', principal: user(person) });
    expect(roles()).toEqual(['read']);
    await end(bench, intent);
    expect(roles()).toEqual([]);
  });

  it('of others is left alone', async () => {
    const [person, other] = [bench.organization.newOutsider(), bench.organization.newOutsider()];
    repository().invitations.push({ id: 79, user: other.id, role: 'read', expired: false });
    const { intent } = await bench.runner.grant({ target: TARGET, permission: 'Write', principal: user(person) });
    await end(bench, intent);
    expect(repository().invitations.map(({ id }) => id)).toEqual([79]);
  });
});
