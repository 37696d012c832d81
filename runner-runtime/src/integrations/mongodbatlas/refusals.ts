import { z } from 'zod';
import { RunnerError } from '../../errors.js';
import type { Refusal } from '../../integration-kit/http/json-client.js';

/** https://www.mongodb.com/docs/atlas/reference/api-errors/ */
const bodySchema = z.object({ errorCode: z.string().optional() });

/** The address of the caller is not among those that the key, or the organization for its keys, allows. */
const ACCESS_LIST_CODES = ['IP_ADDRESS_NOT_ON_ACCESS_LIST', 'ORG_REQUIRES_ACCESS_LIST'];
const ACCESS_LIST_MESSAGE = "Atlas does not take the key from the runner's address: it is not on the key's API access list.";

/** What a refusal means. Atlas answers with 401 both to a key that it does not know and, with a code, to one that lacks a role. */
export function explain({ status, body, method, path }: Refusal): RunnerError | undefined {
  const code = codeOf(body);
  if (status === 403 && ACCESS_LIST_CODES.includes(code)) {
    return new RunnerError('TARGET_PERMISSION_DENIED', ACCESS_LIST_MESSAGE, {
      mend: 'Add the address by which the runner reaches the internet to the API access list of the key.',
    });
  }
  if (status === 401 && code === '') {
    return new RunnerError('TARGET_AUTH_FAILED', 'Atlas refuses the API key.', {
      mend: 'Check mongodbatlas_public_key and mongodbatlas_private_key of the secret; make a new key in the organization.',
    });
  }
  if (status === 401) {
    return new RunnerError('TARGET_PERMISSION_DENIED', 'The API key lacks a role that this needs.', {
      object: `${method} ${path}`,
      mend: 'Run the connection test, and compare the roles of the key with docs/integrations/mongodbatlas.md.',
    });
  }
  return undefined;
}

/** Whether it is the runner's address, and not a role, that is missing. */
export function isAccessListRefusal(error: RunnerError): boolean {
  return error.message === ACCESS_LIST_MESSAGE;
}

/** For looking up what it means only. */
function codeOf(body: unknown): string {
  const parsed = bodySchema.safeParse(body);
  return parsed.success ? (parsed.data.errorCode ?? '') : '';
}
