import { RunnerError } from '../../errors.js';

/** With these in the account of the runner's role anybody can change that role, or make another like it. */
const TAKEOVER = ['AdministratorAccess', 'IAMFullAccess'];

/**
 * Refuses what would let its holder take the place of the runner.
 * @param policies ARNs of managed policies that the access gives in the account of the secret's role
 * @throws {RunnerError} `UNSUPPORTED`
 */
export function requireNoTakeover(policies: readonly string[], object: string): void {
  if (!policies.some((arn) => TAKEOVER.some((name) => arn.endsWith(`:iam::aws:policy/${name}`)))) return;
  throw new RunnerError('UNSUPPORTED', "This would let its holder change the runner's own role.", {
    object,
    mend: 'Keep the role of the secret in an account of its own, such as the one that administers IAM Identity Center; or use a policy without rights on IAM.',
  });
}
