import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { NOT_FOUND } from '../../support/fake-vendor/jumpcloud/replies.js';
import { type Bench, startBench } from './bench.js';
import { group, user } from './directory.js';

describe('memberships and associations', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await startBench();
  });
  afterEach(() => bench.stop());

  it('are for users by their user name or e-mail, who keep theirs when they get another', async () => {
    const { directory, runner } = bench;
    const person = directory.world.addUser('jane', 'jane@example.org');
    directory.world.addUser('jane@example.org.example.com');
    for (const id of ['jane', 'jane@example.org']) {
      const { intent } = await runner.grant({ ...directory.wishes.group, principal: user({ id }) });
      expect(intent.principal).toEqual(user({ id }));
      expect([...directory.group.members]).toEqual([person.id]);
      Object.assign(person, { username: 'jane2', email: 'jane2@example.org' });
      await bench.end(intent);
      expect(directory.group.members.size).toBe(0);
      Object.assign(person, { username: 'jane', email: 'jane@example.org' });
    }
  });

  it('are found among more groups than one page holds', async () => {
    const { directory, runner } = bench;
    const person = directory.newUser();
    for (let index = 0; index < 250; index += 1) directory.newGroup().members.add(person.id);
    const last = directory.newGroup();
    const { intent } = await runner.grant({
      target: { kind: 'group', path: [last.id] },
      permission: 'Member',
      principal: user(person),
    });
    expect(last.members.has(person.id)).toBe(true);
    await bench.end(intent);
    expect(last.members.size).toBe(0);
  });

  it('are proved by what JumpCloud shows, though it shows it later', async () => {
    const { directory, runner } = bench;
    directory.fake.lag = 2;
    const { intent } = await runner.grant({ ...directory.wishes.group, principal: user(directory.newUser()) });
    await bench.end(intent);
    expect(directory.group.members.size).toBe(0);
  });

  it('that somebody else made or ended at the same moment are done', async () => {
    const { directory, runner } = bench;
    const person = directory.newUser();
    directory.fake.lag = 1;
    const intent = await runner.plan({ ...directory.wishes.group, principal: user(person) });
    await runner.access().network.fetch(`${directory.fake.vendor.url}/api/v2/users/${person.id}/memberof`, {
      headers: { 'x-api-key': directory.secret().api_key },
    });
    directory.group.members.add(person.id);
    await runner.apply(intent);
    directory.group.members.delete(person.id);
    await bench.end(intent);
    expect(directory.group.members.size).toBe(0);
  });

  it('end with the user, the group and the application', async () => {
    const { directory, runner } = bench;
    const leaver = directory.newUser();
    const { intent: first } = await runner.grant({ ...directory.wishes.group, principal: user(leaver) });
    const { intent: second } = await runner.grant({ ...directory.wishes.application, principal: user(leaver) });
    directory.world.removeUser(leaver);
    await bench.end(first);
    await bench.end(second);
    const { intent: third } = await runner.grant({ ...directory.wishes.group, principal: user(directory.newUser()) });
    directory.world.groups.delete(directory.group.id);
    await bench.end(third);
    const { intent: fourth } = await runner.grant({ ...directory.wishes.application, principal: group(directory.newGroup()) });
    directory.world.applications.delete(directory.application.id);
    await bench.end(fourth);
  });

  it('in a group that is gone are not given, which is not taken for a removal', async () => {
    const { directory, runner } = bench;
    const intent = await runner.plan({ ...directory.wishes.group, principal: user(directory.newUser()) });
    directory.world.groups.delete(directory.group.id);
    await expect(runner.apply(intent)).rejects.toMatchObject({ code: 'TARGET_NOT_FOUND' });
    await bench.end(intent);
  });

  it('are not proved gone where the list is missing though its owner is there', async () => {
    const { directory, runner } = bench;
    const [person, holder] = [directory.newUser(), directory.newGroup()];
    const intents = [
      (await runner.grant({ ...directory.wishes.group, principal: user(person) })).intent,
      (await runner.grant({ ...directory.wishes.application, principal: group(holder) })).intent,
    ];
    const lists = [`/api/v2/users/${person.id}/memberof`, `/api/v2/usergroups/${holder.id}/associations`];
    for (const list of lists) directory.fake.refused.set(list, NOT_FOUND);
    for (const intent of intents) await expect(runner.verify(intent)).rejects.toMatchObject({ code: 'TARGET_NOT_FOUND' });
    directory.fake.refused.clear();
    for (const intent of intents) await bench.end(intent);
  });

  it('are not proved gone where the key is refused', async () => {
    const { directory, runner } = bench;
    const { intent } = await runner.grant({ ...directory.wishes.group, principal: user(directory.newUser()) });
    const secret = directory.secret({ api_key: 'jca_replaced' });
    await expect(runner.revert(intent, { secret })).rejects.toMatchObject({ code: 'TARGET_AUTH_FAILED' });
    await expect(runner.verify(intent, { secret })).rejects.toMatchObject({ code: 'TARGET_AUTH_FAILED' });
    expect(directory.group.members.size).toBe(1);
    await bench.end(intent);
  });

  it('with an application name the groups through which the user keeps it', async () => {
    const { directory, runner } = bench;
    const person = directory.newUser();
    const { intent } = await runner.grant({ ...directory.wishes.application, principal: user(person) });
    directory.group.members.add(person.id);
    directory.application.user_group.add(directory.group.id);
    await runner.revert(intent);
    expect(directory.application.user.size).toBe(0);
    expect(await runner.verify(intent)).toMatchObject({
      proved: true,
      warnings: [`${person.id} still has access through the user group ${directory.group.id}`],
    });
    expect(directory.application.user_group.size).toBe(1);
  });

  it('of a group and of a user with one application do not touch each other', async () => {
    const { directory, runner } = bench;
    const ofGroup = await runner.grant({ ...directory.wishes.application, principal: group(directory.group) });
    const ofUser = await runner.grant({ ...directory.wishes.application, principal: user(directory.newUser()) });
    await bench.end(ofGroup.intent);
    expect([directory.application.user.size, directory.application.user_group.size]).toEqual([1, 0]);
    await bench.end(ofUser.intent);
    expect(directory.application.user.size).toBe(0);
  });
});
