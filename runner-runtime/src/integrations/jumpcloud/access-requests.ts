import { z } from 'zod';
import { path } from '../../integration-kit/http/path.js';
import type { JumpCloud, ListCall } from './client.js';

export const ADMIN = 'Admin';
export const PASSWORDLESS = 'Passwordless Sudo';
/** What JumpCloud's console calls the permissions of a user on a device, lowest first. */
export const DEVICE_LEVELS = [ADMIN, PASSWORDLESS] as const;

const sudoSchema = z.object({ sudo: z.object({ enabled: z.boolean(), withoutPassword: z.boolean().optional() }) });

/** Attributes of an edge or an access request; answers have them as an object or as that object's JSON in base64. */
const attributesSchema = z
  .unknown()
  .optional()
  .transform((value) => levelOf(typeof value === 'string' ? decoded(value) : value));

/** https://jumpcloud.com/support/set-temporary-elevated-device-privileges-using-the-api */
const accessRequestSchema = z
  .object({
    accessId: z.string().regex(/^[\w-]{1,64}$/),
    requestorId: z.string(),
    resourceId: z.string(),
    resourceType: z.string(),
    accessState: z.string(),
    remarks: z.string().nullish(),
    expiry: z.string().nullish(),
    additionalAttributes: attributesSchema,
  })
  .transform(({ additionalAttributes: level, ...rest }) => ({ ...rest, level }));
export type DeviceAccess = z.infer<typeof accessRequestSchema>;

/** Access requests that are in force. */
export const GRANTED: ListCall<DeviceAccess> = {
  path: path`/api/v2/accessrequests`,
  query: { filter: 'accessState:eq:granted' },
  schema: accessRequestSchema,
};

/** Access requests in force of a user on a device, whoever made them. */
export async function grantedOn(jc: JumpCloud, deviceId: string, userId: string): Promise<readonly DeviceAccess[]> {
  const found: DeviceAccess[] = [];
  for await (const request of jc.each(GRANTED)) {
    const { requestorId, resourceId, resourceType, accessState } = request;
    if (accessState === 'granted' && resourceType === 'device' && resourceId === deviceId && requestorId === userId) found.push(request);
  }
  return found;
}

/** What is to be given: whose is it, where, how much, until when (unix seconds). */
export interface NewAccess {
  readonly deviceId: string;
  readonly userId: string;
  readonly level: string;
  readonly until: number;
  /** By which the request is found again. */
  readonly remarks: string;
}

export async function makeRequest(jc: JumpCloud, { deviceId, userId, level, until, remarks }: NewAccess): Promise<void> {
  const body = {
    requestorId: userId,
    resourceId: deviceId,
    resourceType: 'device',
    expiry: iso(until),
    remarks,
    additionalAttributes: attributesOf(level),
  };
  await jc.client.read({ method: 'POST', path: path`/api/v2/accessrequests`, body, schema: z.unknown() });
}

/** Moves the end of an access request, unix seconds. */
export async function prolong(jc: JumpCloud, { accessId, level }: DeviceAccess, until: number): Promise<void> {
  const body = { expiry: iso(until), additionalAttributes: attributesOf(level ?? '') };
  await jc.client.read({ method: 'PUT', path: path`/api/v2/accessrequests/${accessId}`, body, schema: z.unknown() });
}

export async function revoke(jc: JumpCloud, { accessId }: DeviceAccess): Promise<void> {
  await jc.client.read({ method: 'POST', path: path`/api/v2/accessrequests/${accessId}/revoke`, body: {}, schema: z.unknown() });
}

/** Unix seconds, where JumpCloud says it. */
export function endOf({ expiry }: Pick<DeviceAccess, 'expiry'>): number | undefined {
  const at = Date.parse(expiry ?? '');
  return Number.isNaN(at) ? undefined : Math.floor(at / 1000);
}

/** The permission that the attributes of an edge between a user and a device are; undefined for a plain user. */
export function levelOf(attributes: unknown): string | undefined {
  const { data } = sudoSchema.safeParse(attributes);
  if (data?.sudo.enabled !== true) return undefined;
  return data.sudo.withoutPassword === true ? PASSWORDLESS : ADMIN;
}

function attributesOf(level: string) {
  return { sudo: { enabled: true, withoutPassword: level === PASSWORDLESS } };
}

function decoded(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64').toString('utf8'));
  } catch {
    return undefined;
  }
}

function iso(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
