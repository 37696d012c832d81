import type { FakeJumpCloud } from './jumpcloud.js';
import { DONE, NOT_FOUND, refusal } from './replies.js';
import type { FakeRequest, Sudo } from './world.js';

interface Sent {
  readonly requestorId?: string;
  readonly resourceId?: string;
  readonly resourceType?: string;
  readonly expiry?: string;
  readonly remarks?: string;
  readonly additionalAttributes?: { readonly sudo?: Sudo };
}

/** Privileges on a device for a time. https://jumpcloud.com/support/set-temporary-elevated-device-privileges-using-the-api */
export function requestRoutes(fake: FakeJumpCloud): void {
  const { world, vendor } = fake;
  vendor.on('GET', '/api/v2/accessrequests', (call) => {
    const [, state] = /^accessState:eq:(\w+)$/.exec(call.query.get('filter') ?? '') ?? [];
    const all = [...world.requests.values()].map((request) => requestShape(request, stateOf(request)));
    return fake.page(
      call,
      all.filter(({ accessState }) => state === undefined || accessState === state),
    );
  });
  vendor.on('POST', '/api/v2/accessrequests', ({ body }) => {
    const { requestorId = '', resourceId = '', resourceType, expiry, remarks = '', additionalAttributes } = (body ?? {}) as Sent;
    const end = Date.parse(expiry ?? '') / 1000;
    if (fake.refusesRequests || resourceType !== 'device' || !(end > world.now())) return refusal(400, 'Invalid request');
    if (!world.users.has(requestorId) || !world.devices.has(resourceId)) return NOT_FOUND;
    const { accessId } = world.addRequest({
      userId: requestorId,
      deviceId: resourceId,
      remarks,
      sudo: additionalAttributes?.sudo,
      expiry: Math.floor(end),
    });
    return { status: 201, body: { id: accessId } };
  });
  vendor.on('PUT', '/api/v2/accessrequests/:request', ({ params, body }) =>
    fake.require(world.requests, params['request'], (request) => {
      const { expiry, additionalAttributes } = (body ?? {}) as Sent;
      if (!world.isGranted(request)) return refusal(400, 'The request is not granted');
      if (expiry !== undefined) request.expiry = Math.floor(Date.parse(expiry) / 1000);
      if (additionalAttributes?.sudo !== undefined) request.sudo = additionalAttributes.sudo;
      return { status: 200, body: {} };
    }),
  );
  vendor.on('POST', '/api/v2/accessrequests/:request/revoke', ({ params }) =>
    fake.require(world.requests, params['request'], (request) => {
      if (!world.isGranted(request)) return NOT_FOUND;
      request.revoked = true;
      return DONE;
    }),
  );

  const stateOf = (request: FakeRequest) => (request.revoked ? 'revoked' : world.isGranted(request) ? 'granted' : 'expired');
}

/** Answers have the attributes as bytes. */
function requestShape({ accessId, userId, deviceId, remarks, sudo, expiry }: FakeRequest, accessState: string) {
  return {
    id: Number.parseInt(accessId.slice(-8), 16),
    accessId,
    requestorId: userId,
    resourceId: deviceId,
    resourceType: 'device',
    accessState,
    remarks,
    expiry: new Date(expiry * 1000).toISOString().replace('.000Z', 'Z'),
    additionalAttributes: Buffer.from(JSON.stringify(sudo === undefined ? {} : { sudo })).toString('base64'),
    tempGroupId: '',
    version: 0,
  };
}
