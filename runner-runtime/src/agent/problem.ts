import { AGENT_PROBLEMS, type AgentProblem } from '../../../contract/agent.js';

export type ProblemCode =
  | 'REQUEST_INVALID'
  | 'TOKEN_MISSING'
  | 'TOKEN_INVALID'
  | 'HOST_REFUSED'
  | 'SECRET_NOT_ALLOWED'
  | 'SECRET_NOT_FOUND'
  | 'PATH_NOT_FOUND'
  | 'METHOD_NOT_ALLOWED'
  | 'REQUEST_TIMEOUT'
  | 'HEADERS_TOO_LARGE'
  | 'TOO_MANY_REQUESTS'
  | 'VAULT_DENIED'
  | 'SECRET_MALFORMED'
  | 'VAULT_UNAVAILABLE'
  | 'AUDIT_UNAVAILABLE'
  | 'AGENT_STOPPING'
  | 'AGENT_FAILED'
  | 'VAULT_TIMEOUT';

/** An expected refusal of the agent. Its texts are our own and hold no value of a secret. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;
  readonly mend: string;
  /** Seconds until another try makes sense. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    readonly code: ProblemCode,
    details: { readonly detail?: string; readonly mend?: string | undefined; readonly retryAfterSeconds?: number | undefined } = {},
  ) {
    const known = describe(code);
    super(details.detail ?? known.meaning);
    this.status = known.status;
    this.mend = details.mend ?? known.mend;
    this.retryAfterSeconds = details.retryAfterSeconds;
  }
}

function describe(code: ProblemCode): AgentProblem {
  const known = AGENT_PROBLEMS.find((problem) => problem.code === code);
  if (known === undefined) throw new TypeError(`${code} is not in the contract`);
  return known;
}
