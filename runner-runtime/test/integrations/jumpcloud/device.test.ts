import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ADMIN, PASSWORDLESS } from '../../../src/integrations/jumpcloud/access-requests.js';
import { type Bench, startBench } from './bench.js';
import { user } from './directory.js';

const ROOT = { enabled: true, withoutPassword: true };
const SUDO = { enabled: true, withoutPassword: false };

describe('privileges on a device', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await startBench();
  });
  afterEach(() => bench.stop());

  const grant = async (id: string, permission = ADMIN) =>
    (await bench.runner.grant({ ...bench.directory.wishes.device, permission, principal: user({ id }) })).intent;
  const granted = (id: string) => bench.directory.world.grantedOn(bench.directory.device.id, id);

  it('end by themselves a minute after the access, and later when it is extended', async () => {
    const { id } = bench.directory.newUser();
    const intent = await grant(id);
    expect(granted(id)).toMatchObject([{ sudo: SUDO, expiry: intent.expiresAt + 60 }]);
    await bench.runner.extend({ ...intent, expiresAt: intent.expiresAt + 1800 });
    expect(granted(id)).toMatchObject([{ sudo: SUDO, expiry: intent.expiresAt + 1860 }]);
    bench.runner.seconds = intent.expiresAt + 1861;
    expect(granted(id)).toEqual([]);
    await bench.end(intent);
  });

  it.each([
    { first: ADMIN, second: PASSWORDLESS },
    { first: PASSWORDLESS, second: ADMIN },
  ])('are the higher of two grants, and of what is left when one ends: $first, then $second', async ({ first, second }) => {
    const { id } = bench.directory.newUser();
    for (const order of [0, 1]) {
      const intents = [await grant(id, first), await grant(id, second)];
      expect(granted(id)).toMatchObject([{ sudo: ROOT }]);
      const [ended, left] = order === 0 ? intents : intents.reverse();
      if (ended === undefined || left === undefined) throw new Error('there are two');
      await bench.end(ended);
      expect(granted(id)).toMatchObject([{ sudo: left.permission === PASSWORDLESS ? ROOT : SUDO, expiry: left.expiresAt + 60 }]);
      await bench.end(left);
      expect(granted(id)).toEqual([]);
    }
  });

  it('that somebody else gave for a time are left alone, and named', async () => {
    const { directory, runner } = bench;
    const { id } = directory.newUser();
    const other = directory.world.addRequest({ userId: id, deviceId: directory.device.id, remarks: '', sudo: ROOT, expiry: 4_000_000_000 });
    const intent = await grant(id);
    const warnings = [`${id} still has access through the access request ${other.accessId}`];
    expect(await runner.verify(intent)).toMatchObject({ proved: false, warnings });
    await runner.revert(intent);
    expect(granted(id)).toEqual([other]);
    expect(await runner.verify(intent)).toMatchObject({ proved: true, warnings });
  });

  it.each([ROOT, undefined])('end with the request, though somebody changed it to %p', async (sudo) => {
    const { id } = bench.directory.newUser();
    const intent = await grant(id);
    for (const request of granted(id)) request.sudo = sudo;
    await bench.end(intent);
    expect(granted(id)).toEqual([]);
  });

  it('that the user has for good are named', async () => {
    const { directory, runner } = bench;
    const person = directory.newUser();
    directory.device.user.set(person.id, SUDO);
    person.sudo = true;
    const intent = await grant(person.id);
    await runner.revert(intent);
    expect((await runner.verify(intent)).warnings).toEqual([
      expect.stringContaining('administrator of all devices'),
      expect.stringContaining('the bind to the device'),
    ]);
    expect(directory.device.user.get(person.id)).toEqual(SUDO);
  });

  it('are given to users who are bound through groups as well', async () => {
    const { directory } = bench;
    const person = directory.world.addUser('grouped');
    directory.group.members.add(person.id);
    const devices = directory.world.addDeviceGroup('Laptops');
    devices.devices.add(directory.device.id);
    devices.user_group.set(directory.group.id, undefined);
    const intent = await grant(person.id);
    expect(granted(person.id)).toHaveLength(1);
    await bench.end(intent);
  });

  it('are found among more requests than one page holds', async () => {
    const { directory } = bench;
    for (let index = 0; index < 250; index += 1) {
      const { id: userId } = directory.newUser();
      directory.world.addRequest({ userId, deviceId: directory.device.id, remarks: '', sudo: SUDO, expiry: 4_000_000_000 });
    }
    const { id } = directory.newUser();
    const intent = await grant(id);
    await bench.end(intent);
    expect(granted(id)).toEqual([]);
  });

  it('that JumpCloud refuses are refused with what to look for', async () => {
    const { directory, runner } = bench;
    const intent = await runner.plan({ ...directory.wishes.device, principal: user(directory.newUser()) });
    directory.fake.refusesRequests = true;
    await expect(runner.apply(intent)).rejects.toMatchObject({ code: 'UNSUPPORTED', mend: expect.stringContaining('bound to the device') });
    await bench.end(intent);
  });
});
