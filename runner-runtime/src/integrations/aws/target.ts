import { DescribeAccountCommand } from '@aws-sdk/client-organizations';
import type { Target } from '@axiom-runner/protocol';
import { RunnerError } from '../../errors.js';
import { declaration } from './declaration.js';
import { ACCOUNT_ID } from './formats.js';
import { foundOrUndefined } from './principals.js';
import type { Session } from './session.js';

/** The one element of a target's path. @throws {RunnerError} `UNSUPPORTED`, or `TARGET_NOT_FOUND` for a path of another length */
export function requireShape({ kind, path }: Target): string {
  if (!declaration.targets.some((entry) => entry.kind === kind)) {
    const known = declaration.targets.map((entry) => entry.kind).join(', ');
    throw new RunnerError('UNSUPPORTED', `AWS has no targets of this kind: ${known}.`, { object: kind });
  }
  const [element] = path;
  if (element === undefined || path.length !== 1) throw targetNotFound(path.join('/'), `a ${kind}`);
  return element;
}

/** @throws {RunnerError} `TARGET_NOT_FOUND`, or `UNSUPPORTED` for an account that is closed */
export async function requireAccount(session: Session, account: string): Promise<void> {
  if (!ACCOUNT_ID.test(account)) throw targetNotFound(account, 'an account, by its 12 digits');
  if (account === session.account) return;
  const found = await foundOrUndefined(() => session.organizations.send(new DescribeAccountCommand({ AccountId: account })));
  if (found?.Account === undefined) throw targetNotFound(account, 'an account of the organization');
  const { State: state, Status: status } = found.Account;
  if ((state ?? status) === 'ACTIVE') return;
  throw new RunnerError('UNSUPPORTED', 'The account is suspended or closed.', { object: account });
}

/** @param wanted what is not there: `a role of this account` */
export function targetNotFound(object: string, wanted: string): RunnerError {
  return new RunnerError('TARGET_NOT_FOUND', `This is not ${wanted}.`, { object, mend: 'Use the path that the collection shows.' });
}

/** @param known what there is */
export function permissionNotFound(object: string, known: string): RunnerError {
  return new RunnerError('PERMISSION_NOT_FOUND', `There is no such permission: ${known}.`, { object });
}
