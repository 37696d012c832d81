/** The typed errors of a task: what a user searches for in `docs/troubleshooting.md`. */

/** One error code. */
export interface ErrorCode {
  /** Stable spelling. */
  readonly code: string;
  /** What it means, in one sentence. */
  readonly meaning: string;
  /** Whether the same task may succeed when it is tried again without any change. */
  readonly retryable: boolean;
}

export const ERROR_CODES: readonly ErrorCode[] = [
  { code: 'SECRET_NOT_FOUND', retryable: false, meaning: 'The secret of the system does not exist in the secret store.' },
  {
    code: 'SECRET_ACCESS_DENIED',
    retryable: false,
    meaning: 'The runner cannot access secret manager: its role may not read the secret, assume the proxy role, or use the key.',
  },
  { code: 'SECRET_MALFORMED', retryable: false, meaning: 'The secret exists but is not the JSON object that its system needs.' },
  { code: 'SECRET_STORE_UNAVAILABLE', retryable: true, meaning: 'The secret store throttles or cannot be reached.' },
  { code: 'TARGET_UNREACHABLE', retryable: true, meaning: 'No connection to the system: name, port, time-out or TLS.' },
  { code: 'TARGET_AUTH_FAILED', retryable: false, meaning: "The system refuses the secret's credentials." },
  { code: 'TARGET_PERMISSION_DENIED', retryable: false, meaning: 'The credentials work but lack a right that the task needs.' },
  { code: 'TARGET_NOT_FOUND', retryable: false, meaning: 'The target of the task does not exist.' },
  { code: 'PRINCIPAL_NOT_FOUND', retryable: false, meaning: 'The principal of the task does not exist.' },
  { code: 'PERMISSION_NOT_FOUND', retryable: false, meaning: 'The permission of the task does not exist for this target.' },
  { code: 'CONFLICT', retryable: false, meaning: 'An object of the same name exists that this runner group did not make.' },
  { code: 'RATE_LIMITED', retryable: true, meaning: 'The system asks to slow down.' },
  { code: 'POLICY_DENIED', retryable: false, meaning: "The runner's own policy forbids the task." },
  { code: 'TASK_REJECTED', retryable: false, meaning: 'The task is unsigned, altered, expired, replayed, malformed or for somebody else.' },
  { code: 'UNSUPPORTED', retryable: false, meaning: 'The system cannot do what the task asks.' },
  { code: 'INTERNAL', retryable: true, meaning: 'A fault of the runner or an answer that it does not understand.' },
];
