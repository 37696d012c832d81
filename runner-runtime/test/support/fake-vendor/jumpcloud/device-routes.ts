import { devicesOf, holdersOf } from './graph.js';
import type { FakeJumpCloud } from './jumpcloud.js';
import { fieldsOf, olderPage, refusal } from './replies.js';
import type { FakeDevice } from './world.js';

/** Devices, groups of them, and who is bound to them. https://docs.jumpcloud.com/api/1.0/index.html#tag/Systems */
export function deviceRoutes(fake: FakeJumpCloud): void {
  const { world, vendor } = fake;
  vendor.on('GET', '/api/systems', (call) =>
    olderPage(
      call,
      [...world.devices.values()].map((device) => fieldsOf(call, deviceShape(device))),
    ),
  );
  vendor.on('GET', '/api/systems/:device', (call) =>
    fake.require(world.devices, call.params['device'], (device) => ({ status: 200, body: fieldsOf(call, deviceShape(device)) })),
  );
  vendor.on('GET', '/api/v2/systemgroups', (call) => {
    const groups = [...world.deviceGroups.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
    return fake.page(
      call,
      groups.map(({ id, name }) => ({ id, name, type: 'system_group' })),
    );
  });
  vendor.on('GET', '/api/v2/users/:user/systems', (call) =>
    fake.require(world.users, call.params['user'], ({ id }) => fake.page(call, devicesOf(world, id))),
  );
  for (const [place, things] of [
    ['systems', world.devices],
    ['systemgroups', world.deviceGroups],
  ] as const) {
    vendor.on('GET', `/api/v2/${place}/:thing/associations`, (call) =>
      fake.require<FakeDevice>(things, call.params['thing'], (thing) => {
        const targets = call.query.get('targets');
        return targets === 'user' || targets === 'user_group'
          ? fake.page(call, holdersOf(thing, targets))
          : refusal(400, 'Invalid targets');
      }),
    );
  }
}

function deviceShape({ id, name }: FakeDevice) {
  return { _id: id, displayName: name, hostname: `${name}.local`, os: 'Ubuntu', active: true };
}
