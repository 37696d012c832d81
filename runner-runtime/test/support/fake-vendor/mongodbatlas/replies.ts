import type { FakeReply } from '../fake-vendor.js';

const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  406: 'Not Acceptable',
  409: 'Conflict',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

/** A refusal: https://www.mongodb.com/docs/atlas/reference/api-errors/ */
export function refusal(error: number, errorCode: string, detail: string, headers: Readonly<Record<string, string>> = {}): FakeReply {
  const body = { detail, error, errorCode, parameters: [], reason: REASONS[error] ?? '' };
  return { status: error, body, headers: { 'content-type': 'application/json', ...headers } };
}

export const NO_GROUP = refusal(404, 'GROUP_NOT_FOUND', 'No group with this ID exists.');
export const NO_CLUSTER = refusal(404, 'CLUSTER_NOT_FOUND', 'No cluster of this name exists.');
export const NO_DATABASE_USER = refusal(404, 'USERNAME_NOT_FOUND', 'No user with this username exists.');
export const NO_USER = refusal(404, 'USER_NOT_FOUND', 'No user with this ID exists.');
export const NO_RESOURCE = refusal(404, 'RESOURCE_NOT_FOUND', 'Cannot find resource.');
export const UNAUTHORIZED = refusal(401, 'USER_UNAUTHORIZED', 'Current user is not authorized to perform this action.');
