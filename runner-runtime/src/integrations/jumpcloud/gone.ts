import { isNotFound } from '../../integration-kit/http/json-client.js';

/** Whether a list is not there since its owner is gone: a wrong address looks the same. */
export async function isGone(error: unknown, findOwner: () => Promise<unknown>): Promise<boolean> {
  return isNotFound(error) && (await findOwner()) === undefined;
}
