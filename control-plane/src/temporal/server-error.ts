import { ControlPlaneError, configError, failedError, unavailableError } from '../errors.js';

/** gRPC status codes that are told apart (https://grpc.github.io/grpc/core/md_doc_statuscodes.html). */
const DEADLINE_EXCEEDED = 4;
const NOT_FOUND = 5;
const ALREADY_EXISTS = 6;
const PERMISSION_DENIED = 7;
const FAILED_PRECONDITION = 9;
const UNAVAILABLE = 14;
const UNAUTHENTICATED = 16;
/** How the native library words a status: by its name or by its description (https://docs.rs/tonic/latest/tonic/enum.Code.html). */
const NATIVE_WORDS: readonly (readonly [RegExp, number])[] = [
  [/\bcode: '?(PermissionDenied|The caller does not have permission)/, PERMISSION_DENIED],
  [/\bcode: '?(Unauthenticated|The request does not have valid authentication)/, UNAUTHENTICATED],
  [/\bcode: '?(NotFound|Some requested entity was not found)/, NOT_FOUND],
  [/\bcode: '?(Unavailable|The service is currently unavailable)/, UNAVAILABLE],
  [/\bcode: '?(DeadlineExceeded|Deadline expired)/, DEADLINE_EXCEEDED],
];

/** What is needed to say which server it was. */
export interface Server {
  readonly address: string;
  readonly namespace: string;
}

/** Puts an error of the Temporal client into words: what was found, and how to mend it. */
export function serverError(error: unknown, { address, namespace }: Server): ControlPlaneError {
  if (error instanceof ControlPlaneError) return error;
  const text = texts(error).join(' ');
  switch (statusOf(error)) {
    case PERMISSION_DENIED:
    case UNAUTHENTICATED:
      return failedError(
        `${address} refuses the API key for namespace ${namespace}.`,
        'check that the server reads the JWK set of this home (axiomctl keys jwks; a new key is seen after its refresh interval) and that tenant and key belong together',
      );
    case NOT_FOUND:
      if (!/namespace/i.test(text)) return failedError('There is no such task on the server any more.', 'see "axiomctl access list"');
      return configError(`${address} has no namespace ${namespace}.`, 'register it: axiomctl namespace create');
    case UNAVAILABLE:
    case DEADLINE_EXCEEDED:
      return unreachable(address, text);
  }
  if (/failed to connect|transport error|dns|certificate|handshake|tcp connect/i.test(text)) return unreachable(address, text);
  return unavailableError(
    `${address} answered with an error: ${text.slice(0, 300) || 'unknown'}.`,
    'try again; if it stays, see the log of the server',
  );
}

/** Whether the server refused a second task of the same id. */
export function isAlreadyStarted(error: unknown): boolean {
  return error instanceof Error && error.name === 'WorkflowExecutionAlreadyStartedError';
}

/** Whether a task is not there (any more), or has ended. */
export function isNotFound(error: unknown): boolean {
  return (error instanceof Error && error.name === 'WorkflowNotFoundError') || statusOf(error) === NOT_FOUND;
}

/** Whether the server knows no namespace of that name (yet). */
export function isNamespaceUnknown(error: unknown): boolean {
  return statusOf(error) === NOT_FOUND;
}

/** Whether the server has a namespace of that name already. */
export function isNamespaceTaken(error: unknown): boolean {
  return statusOf(error) === ALREADY_EXISTS;
}

/** Whether the server was there, but no worker answered a query or update in time. */
export function isUnanswered(error: unknown): boolean {
  if (error instanceof Error && ['WorkflowUpdateRPCTimeoutOrCancelledError', 'QueryNotRegisteredError'].includes(error.name)) return true;
  const status = statusOf(error);
  return status === DEADLINE_EXCEEDED || status === FAILED_PRECONDITION;
}

/** Nothing that speaks the protocol answers at an address. @param text what was found, for telling TLS faults apart */
export function unreachable(address: string, text: string): ControlPlaneError {
  const isTls = /certificate|self.signed|issuer|handshake|tls|ssl/i.test(text);
  const why = isTls ? ' (TLS)' : /^E[A-Z]+$/.test(text) ? ` (${text})` : '';
  return unavailableError(
    `The control plane's server ${address} cannot be reached${why}.`,
    'check AXIOM_ACTIONS_ADDRESS_AND_PORT and that the server runs; AXIOM_TLS=off for plaintext on loopback, AXIOM_TLS_CA_FILE for a private CA',
  );
}

function statusOf(error: unknown): number | undefined {
  const withCode = chain(error).find((entry): entry is ErrorShape & { code: number } => typeof entry.code === 'number');
  if (withCode !== undefined) return withCode.code;
  // Errors of the native library carry the status in their text only.
  const text = texts(error).join(' ');
  return NATIVE_WORDS.find(([words]) => words.test(text))?.[1];
}

function texts(error: unknown): string[] {
  return chain(error).flatMap(({ message }) => (typeof message === 'string' ? [message] : []));
}

interface ErrorShape {
  readonly name?: unknown;
  readonly message?: unknown;
  readonly code?: unknown;
  readonly cause?: unknown;
}

/** An error and its causes, by their shape: an error of another realm is no instance of our `Error`. */
function chain(error: unknown): ErrorShape[] {
  return typeof error === 'object' && error !== null ? [error, ...chain('cause' in error ? error.cause : undefined)] : [];
}
