import { AGENT_STALE_HEADER } from '../../../../contract/agent.js';
import { EXIT_DENIED, EXIT_FAILED, EXIT_SOFTWARE, EXIT_UNAVAILABLE } from '../../../../contract/exit-codes.js';
import { isMistyped } from '../../agent/applications/token.js';
import type { AgentAnswer } from './ask-agent.js';
import { FIELDS, type Field } from './command-line.js';
import { Failure, plain } from './failure.js';

/** A secret as the agent delivered it. */
export interface Secret {
  /** The agent's bytes. */
  readonly json: Buffer;
  readonly fields: Readonly<Record<Field, string>>;
  /** Seconds past its TTL, when the vault did not answer. */
  readonly staleSeconds: string | undefined;
}

/** Takes the secret out of an answer. @param token what was presented. @throws {Failure} for every other answer */
export function readAnswer(answer: AgentAnswer, token: string | undefined): Secret {
  if (answer.status !== 200) throw refusal(answer, token);
  const fields = objectOf(answer.body);
  if (fields === undefined || !isSecret(fields)) {
    throw new Failure(EXIT_SOFTWARE, 'the answer is no secret', 'Something else may listen at this address: check it.');
  }
  const stale = answer.headers[AGENT_STALE_HEADER];
  return { json: answer.body, fields, staleSeconds: typeof stale === 'string' ? plain(stale) : undefined };
}

function refusal({ status, headers, body }: AgentAnswer, token: string | undefined): Failure {
  const isProblem = headers['content-type']?.startsWith('application/problem+json') === true;
  const { code, detail, mend } = (isProblem ? objectOf(body) : undefined) ?? {};
  if (typeof code !== 'string') {
    return new Failure(
      exitCodeOf(status),
      `an answer that is not of an agent, with the status ${status}`,
      'Check the address; redirects are not followed.',
    );
  }
  const wait = headers['retry-after'];
  const words = [
    status === 401 ? tokenMend(token) : undefined,
    typeof mend === 'string' ? plain(mend) : undefined,
    wait === undefined ? undefined : `Try again in ${plain(wait)} s.`,
  ];
  return new Failure(
    exitCodeOf(status),
    `${plain(code)}: ${typeof detail === 'string' ? plain(detail) : `status ${status}`}`,
    words.filter((text) => text !== undefined).join('\n  '),
  );
}

function exitCodeOf(status: number): number {
  if (status === 401) return EXIT_DENIED;
  if (status === 403 || status === 404) return EXIT_FAILED;
  return [408, 429, 502, 503, 504].includes(status) ? EXIT_UNAVAILABLE : EXIT_SOFTWARE;
}

function tokenMend(token: string | undefined): string | undefined {
  if (token === undefined) return 'Set SEGURA_AGENT_TOKEN, or name a file of mode 0600: --token-file or SEGURA_AGENT_TOKEN_FILE.';
  return isMistyped(token) ? 'The token is cut or mistyped: its checksum does not match.' : undefined;
}

function objectOf(body: Buffer): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function isSecret(fields: Readonly<Record<string, unknown>>): fields is Readonly<Record<Field, string>> {
  return FIELDS.every((field) => typeof fields[field] === 'string');
}
