import { type ErrorCode, RunnerError } from '../../errors.js';
import { Problem, type ProblemCode } from '../problem.js';

const PROBLEMS: Readonly<Record<ErrorCode, ProblemCode>> = {
  SECRET_NOT_FOUND: 'SECRET_NOT_FOUND',
  SECRET_ACCESS_DENIED: 'VAULT_DENIED',
  TARGET_AUTH_FAILED: 'VAULT_DENIED',
  TARGET_PERMISSION_DENIED: 'VAULT_DENIED',
  POLICY_DENIED: 'VAULT_DENIED',
  SECRET_MALFORMED: 'SECRET_MALFORMED',
  TARGET_NOT_FOUND: 'SECRET_MALFORMED',
  PRINCIPAL_NOT_FOUND: 'SECRET_MALFORMED',
  PERMISSION_NOT_FOUND: 'SECRET_MALFORMED',
  UNSUPPORTED: 'SECRET_MALFORMED',
  CONFLICT: 'SECRET_MALFORMED',
  SECRET_STORE_UNAVAILABLE: 'VAULT_UNAVAILABLE',
  TARGET_UNREACHABLE: 'VAULT_UNAVAILABLE',
  RATE_LIMITED: 'VAULT_UNAVAILABLE',
  TASK_REJECTED: 'AGENT_FAILED',
  INTERNAL: 'AGENT_FAILED',
};
const RETRY_AFTER_SECONDS = 1;
const LONGEST_RETRY_AFTER_SECONDS = 300;

/** A failure of a vault as an application may see it: what the vault said about roles and names is for the log. */
export function vaultProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (!(error instanceof RunnerError)) return new Problem('AGENT_FAILED');
  const code = PROBLEMS[error.code];
  if (code !== 'VAULT_UNAVAILABLE') return new Problem(code);
  const seconds = Math.ceil((error.retryAfterMs ?? 0) / 1000);
  return new Problem(code, { retryAfterSeconds: Math.min(Math.max(seconds, RETRY_AFTER_SECONDS), LONGEST_RETRY_AFTER_SECONDS) });
}

/** Whether the vault itself has said that the secret is not to be had: what is kept of it must not be delivered any more. */
export function isFinal({ code }: Problem): boolean {
  return code === 'SECRET_NOT_FOUND' || code === 'VAULT_DENIED' || code === 'SECRET_MALFORMED';
}

/** Whether the vault has said nothing at all. */
export function isSilence({ code }: Problem): boolean {
  return code === 'VAULT_UNAVAILABLE' || code === 'VAULT_TIMEOUT';
}
