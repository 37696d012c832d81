/** The local secret agent: what applications, configurations, units and constructs name. */

import type { NameRule } from './name-rules';

/** Port of the agent on both loopback addresses. */
export const AGENT_PORT = 8787;
/** Where the agent listens unless its configuration says otherwise: `localhost` is both loopbacks. */
export const DEFAULT_AGENT_ADDRESS = `localhost:${AGENT_PORT}`;
/** Second name of the program, as the vendor's guide calls it. */
export const AGENT_COMMAND = 'segura-agent';
/** Configuration that is read when none is named. */
export const DEFAULT_AGENT_CONFIG = '/etc/axiomrunner/agent.yaml';
/** Unix socket that the unit and the sidecars open, and that commands look for. */
export const DEFAULT_AGENT_SOCKET = '/run/axiomrunner/agent.sock';
/** State folder of the unit and the container. */
export const DEFAULT_AGENT_STATE = '/var/lib/axiomrunner';

/** Name of the agent's container beside an application. */
export const AGENT_CONTAINER = 'secret-agent';
/** Folder that the agent's container shares with applications: the socket and the files with their tokens. */
export const AGENT_SHARED_FOLDER = '/run/axiomrunner';
/** State folder in a container: below a mount, whose own folder may be of another user. */
export const CONTAINER_AGENT_STATE = `${DEFAULT_AGENT_STATE}/agent`;
/** Name of an application's token file in the folder that only it shares with the agent. */
export const AGENT_TOKEN_FILE = 'token';
/** Runs the agent in the image. */
export const AGENT_ARGUMENTS: readonly string[] = ['agent'];
/** Ends with 0 while the agent answers. */
export const AGENT_HEALTH_COMMAND: readonly string[] = ['axiomrunner', 'agent', 'health'];
/** systemd: the unit and the socket, the user that the agent runs as, and the group that may open the socket. */
export const AGENT_SERVICE = 'axiomrunner-agent';
export const AGENT_SERVICE_USER = 'axiomrunner';
export const AGENT_SERVICE_CLIENTS = 'axiomrunner-clients';
/** Name of the chart with the templates of a sidecar. */
export const AGENT_HELM_CHART = 'axiom-secret-agent';
/** What one agent asks for beside an application; its caches are bounded. */
export const DEFAULT_AGENT_CPU_MILLIS = 50;
export const DEFAULT_AGENT_MEMORY_MIB = 384;

/** What stands before the id in the path of a request. */
export const AGENT_SECRET_PATH = '/secret/';
/** Says whether the agent answers; needs no token. */
export const AGENT_HEALTH_PATH = '/healthz';
/** Header of an answer whose secret is older than its TTL (`stale_if_error`): its age in seconds. */
export const AGENT_STALE_HEADER = 'axiom-stale';

/** Environment of applications and commands. */
export const AGENT_ENVIRONMENT = {
  /** Path of the configuration. */
  config: 'AXIOMRUNNER_AGENT_CONFIG',
  /** The configuration itself, as YAML text or its base64: how containers get it. */
  inlineConfig: 'AXIOMRUNNER_AGENT_CONFIG_TEXT',
  /** Token of the application. */
  token: 'SEGURA_AGENT_TOKEN',
  /** File that holds the token. */
  tokenFile: 'SEGURA_AGENT_TOKEN_FILE',
  /** `http(s)://host:port` or the path of the Unix socket. */
  address: 'SEGURA_AGENT_ADDRESS',
} as const;

/** Time that an answer is kept, seconds, unless `cache.ttl` says otherwise. */
export const DEFAULT_AGENT_TTL_SECONDS = 300;

/** Id of a secret, as it stands in the path: no percent-encoding, no empty, `.` or `..` segment. */
export const AGENT_SECRET_ID_PATTERN = '^(?!\\.{1,2}(/|$))[A-Za-z0-9_+=.@-]+(/(?!\\.{1,2}(/|$))[A-Za-z0-9_+=.@-]+)*$';
/** Longest id, characters. */
export const AGENT_SECRET_ID_MAX_LENGTH = 256;
/** Name of an application. */
export const AGENT_APPLICATION_PATTERN = '^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$';

/** Name of an application, as constructs check it. */
export const AGENT_APPLICATION: NameRule = {
  pattern: AGENT_APPLICATION_PATTERN,
  allowed: '1 to 63 letters, digits and _.-, a letter or digit first',
  fix: 'Change those characters.',
};
/** The same in Kubernetes, where a volume is called by it. */
export const AGENT_APPLICATION_IN_KUBERNETES: NameRule = {
  pattern: '^[a-z0-9]([a-z0-9-]*[a-z0-9])?$',
  maxLength: 50,
  allowed: '1 to 50 small letters, digits and hyphens, no hyphen at either end',
  fix: 'Change those characters: a volume of the pod is called by it.',
};
/** What an application may have. */
export const AGENT_SECRET_PATTERN: NameRule = {
  pattern: `^\\*$|${AGENT_SECRET_ID_PATTERN.replace(/\$$/, '')}(/\\*)?$`,
  maxLength: AGENT_SECRET_ID_MAX_LENGTH,
  allowed: 'a secret id, or one that ends in /* for all below it, or * for all',
  fix: 'Write the id as the application asks for it.',
};

/** Published actions of the audit trail. */
export const AGENT_AUDIT_ACTIONS = ['fetch', 'rotate', 'deliver', 'error'] as const;

/** One kind of refusal of the agent: RFC 9457 (`application/problem+json`). */
export interface AgentProblem {
  /** Stable spelling. */
  readonly code: string;
  /** HTTP status. */
  readonly status: number;
  readonly meaning: string;
  /** What to do, unless the case at hand knows better. */
  readonly mend: string;
}

export const AGENT_PROBLEMS: readonly AgentProblem[] = [
  {
    code: 'REQUEST_INVALID',
    status: 400,
    meaning: 'The request is malformed: its path, its id, a header that no application sends, or a body.',
    mend: 'Send GET /secret/<id> with the id as it is, without percent-encoding, and no body.',
  },
  {
    code: 'TOKEN_MISSING',
    status: 401,
    meaning: 'The request carries no bearer token.',
    mend: 'Send Authorization: Bearer <token>; "axiomrunner agent app add" prints one.',
  },
  {
    code: 'TOKEN_INVALID',
    status: 401,
    meaning: 'The bearer token is of no application.',
    mend: 'Use the token that "axiomrunner agent app add" or "rotate" printed last.',
  },
  {
    code: 'HOST_REFUSED',
    status: 403,
    meaning: 'The Host header names another host than this agent.',
    mend: 'Ask for localhost, 127.0.0.1 or [::1], or for a name of the certificate.',
  },
  {
    code: 'SECRET_NOT_ALLOWED',
    status: 403,
    meaning: 'The application may not have this secret.',
    mend: 'Allow it: axiomrunner agent app allow <application> <id>.',
  },
  {
    code: 'SECRET_NOT_FOUND',
    status: 404,
    meaning: 'The vault has no such secret.',
    mend: 'Check the id, and its name in the vault under "secrets" of the configuration.',
  },
  { code: 'PATH_NOT_FOUND', status: 404, meaning: 'There is no such path.', mend: 'There are /secret/<id> and /healthz.' },
  { code: 'METHOD_NOT_ALLOWED', status: 405, meaning: 'Only GET and HEAD are answered.', mend: 'Send GET.' },
  { code: 'REQUEST_TIMEOUT', status: 408, meaning: 'The request did not arrive in time.', mend: 'Send the whole request at once.' },
  { code: 'HEADERS_TOO_LARGE', status: 431, meaning: 'The headers are larger than 8 KiB.', mend: 'Send Host and Authorization only.' },
  {
    code: 'TOO_MANY_REQUESTS',
    status: 429,
    meaning: 'Too many requests of the application, or too many wrong tokens.',
    mend: 'Wait for the seconds of Retry-After; keep a secret for as long as its expires_at allows.',
  },
  {
    code: 'VAULT_DENIED',
    status: 502,
    meaning: 'The vault refuses the secret to the agent.',
    mend: "Check the rights of the agent's role or identity: axiomrunner agent status.",
  },
  {
    code: 'SECRET_MALFORMED',
    status: 502,
    meaning: 'The vault holds the secret, but not in the form that its mapping expects.',
    mend: 'Store JSON with username and password, or name its fields under "secrets" of the configuration.',
  },
  {
    code: 'VAULT_UNAVAILABLE',
    status: 503,
    meaning: 'The vault throttles or cannot be reached.',
    mend: 'Try again after the seconds of Retry-After; check the route to the vault.',
  },
  {
    code: 'AUDIT_UNAVAILABLE',
    status: 503,
    meaning: 'The delivery cannot be recorded, so nothing is delivered.',
    mend: 'Free the disk or bring the audit sink back: axiomrunner agent status names it.',
  },
  { code: 'AGENT_STOPPING', status: 503, meaning: 'The agent is stopping.', mend: 'Try again when it is back.' },
  {
    code: 'AGENT_FAILED',
    status: 500,
    meaning: 'A fault of the agent; its log says more.',
    mend: 'Report it with the lines of the log around this time.',
  },
  { code: 'VAULT_TIMEOUT', status: 504, meaning: 'The vault did not answer in time.', mend: 'Check the route to the vault.' },
];
