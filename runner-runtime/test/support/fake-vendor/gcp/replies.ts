import type { FakeReply } from '../fake-vendor.js';

const STATUS: Readonly<Record<string, number>> = {
  INVALID_ARGUMENT: 400,
  FAILED_PRECONDITION: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  NOT_FOUND: 404,
  ABORTED: 409,
  RESOURCE_EXHAUSTED: 429,
  INTERNAL: 500,
  UNAVAILABLE: 503,
};

/** An error as all of Google's newer interfaces word it: https://cloud.google.com/apis/design/errors */
export function refusal(status: keyof typeof STATUS, message: string, details: readonly unknown[] = []): FakeReply {
  const code = STATUS[status] ?? 500;
  return { status: code, body: { error: { code, message, status, ...(details.length > 0 && { details }) } } };
}

export function ok(body: unknown): FakeReply {
  return { status: 200, body };
}

/** Google says the same of what is not there and of what may not be seen. */
export const DENIED = refusal('PERMISSION_DENIED', 'The caller does not have permission');

/** https://cloud.google.com/apis/design/errors#error_info */
export function serviceDisabled(service: string): FakeReply {
  return refusal('PERMISSION_DENIED', `${service} has not been used in project 1 before or it is disabled.`, [
    {
      '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
      reason: 'SERVICE_DISABLED',
      domain: 'googleapis.com',
      metadata: { service, consumer: 'projects/1' },
    },
  ]);
}

/**
 * One page of a list; the token is opaque, as Google's.
 * @param most the largest page that is given, whatever is asked for
 */
export function page(name: string, elements: readonly unknown[], query: URLSearchParams, most: number): FakeReply {
  const token = query.get('pageToken');
  const start =
    token === null
      ? 0
      : Number(
          Buffer.from(token, 'base64url')
            .toString('utf8')
            .replace(/^from:/, ''),
        );
  if (!Number.isInteger(start)) return refusal('INVALID_ARGUMENT', 'Request contains an invalid argument.');
  const size = Math.min(Number(query.get('pageSize') ?? most) || most, most);
  const shown = elements.slice(start, start + size);
  const more = start + size < elements.length;
  return ok({
    ...(shown.length > 0 && { [name]: shown }),
    ...(more && { nextPageToken: Buffer.from(`from:${start + size}`).toString('base64url') }),
  });
}
