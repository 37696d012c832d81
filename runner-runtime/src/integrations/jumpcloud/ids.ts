import type { Target } from '@axiom-runner/protocol';
import { RunnerError } from '../../errors.js';

/** Whether a text is an id of JumpCloud: 24 hexadecimal digits, whatever it is of. */
export function isId(text: string): boolean {
  return /^[0-9a-f]{24}$/.test(text);
}

/** The id that a target's path is. @throws {RunnerError} `TARGET_NOT_FOUND` */
export function targetId({ kind, path }: Target): string {
  const [id] = path;
  if (id !== undefined && path.length === 1 && isId(id)) return id;
  throw new RunnerError('TARGET_NOT_FOUND', `The path of the target is not the id of one ${kind}.`, {
    object: path.join('/'),
    mend: 'Use the target as the collection shows it.',
  });
}

/** Whether a text can be an e-mail or a user name and stand in a filter, where some characters have a meaning of their own. */
export function isLogin(text: string): boolean {
  return /^[^\s:*,\\\p{Cc}]{1,320}$/u.test(text);
}
