import { z } from 'zod';
import {
  AGENT_APPLICATION_PATTERN,
  AGENT_SECRET_ID_MAX_LENGTH,
  AGENT_SECRET_ID_PATTERN,
  DEFAULT_AGENT_ADDRESS,
  DEFAULT_AGENT_TTL_SECONDS,
} from '../../../../contract/agent.js';
import { parseDuration } from '../../config/duration.js';

/** Messages complete "<path> <what was found>: ", as in "cache.ttl is 0: a whole number of seconds, 1 to 86400". */
const wholeNumber = (least: number, most: number, unit: string) => {
  const allowed = `a whole number of ${unit}, ${least} to ${most}`;
  return z.number({ error: allowed }).int(allowed).min(least, allowed).max(most, allowed);
};
const text = (allowed: string, most = 2_000) => z.string({ error: allowed }).min(1, allowed).max(most, allowed);
const flag = z.boolean({ error: 'true or false' });
const path = text('the path of a file').refine((value) => !value.includes('\0'), 'the path of a file');
const duration = (allowed = 'a duration: a whole number and one of s, m, h, d, such as 15m') =>
  z.string({ error: allowed }).transform((value, context) => {
    const seconds = parseDuration(value);
    if (seconds !== undefined && seconds > 0) return seconds;
    context.addIssue({ code: 'custom', message: allowed });
    return z.NEVER;
  });
const ID_ALLOWED = `a secret id: 1 to ${AGENT_SECRET_ID_MAX_LENGTH} of A-Z a-z 0-9 _ + = . @ - and single slashes between them`;
/** Id of a secret, as applications spell it. */
export const secretId = z
  .string({ error: ID_ALLOWED })
  .max(AGENT_SECRET_ID_MAX_LENGTH, ID_ALLOWED)
  .regex(new RegExp(AGENT_SECRET_ID_PATTERN), ID_ALLOWED);
const APPLICATION_ALLOWED = 'a name of 1 to 63 letters, digits and _.- that begins with a letter or digit';
/** Name of an application. */
export const applicationName = z.string({ error: APPLICATION_ALLOWED }).regex(new RegExp(AGENT_APPLICATION_PATTERN), APPLICATION_ALLOWED);
const PATTERN_ALLOWED = 'a secret id, or one that ends in /* for all below it, or * for all';
/** What an application may have: an id, all ids below a prefix (`prod/*`), or all (`*`). */
export const secretPattern = z
  .string({ error: PATTERN_ALLOWED })
  .refine((value) => value === '*' || secretId.safeParse(value.replace(/\/\*$/, '')).success, PATTERN_ALLOWED);
const url = (schemes: readonly string[], allowed: string) =>
  z
    .string({ error: allowed })
    .refine((value) => URL.canParse(value) && schemes.includes(new URL(value).protocol) && new URL(value).username === '', allowed);
const octal = (allowed: string) =>
  z
    .string({ error: allowed })
    .regex(/^0?[0-7]{3}$/, allowed)
    .transform((value) => Number.parseInt(value, 8));
const argumentsList = z
  .array(text('a word of the command'), { error: 'a list: the program and its arguments' })
  .min(1, 'a list: the program and its arguments');

/** A table by names that users choose: without a prototype, so that `constructor` is in it only where somebody wrote it. */
const withoutPrototype = <Table extends object>(table: Table): Table => Object.setPrototypeOf(table, null);

/** Where and how the agent listens. */
const listenSchema = z.strictObject({
  /** `host:port`; `localhost` is both loopbacks; `off` listens on the socket alone. */
  address: text('host:port, or off').default(DEFAULT_AGENT_ADDRESS),
  socket: z
    .strictObject({
      path,
      /** Who may open it may ask. */
      mode: octal('an octal mode in quotes, such as "0660"').default(0o600),
      /** Name or number of the socket's group. */
      group: z.union([text('the name or number of a group'), z.number()]).optional(),
      /** The application that requests without a token are taken for. */
      application: applicationName.optional(),
    })
    .optional(),
  tls: z
    .strictObject({
      certificate: path,
      key: path,
      /** Authorities of client certificates; then a client without one is turned away. */
      client_ca: path.optional(),
    })
    .optional(),
});

const cacheSchema = z.strictObject({
  enabled: flag.default(true),
  ttl: wholeNumber(1, 86_400, 'seconds').default(DEFAULT_AGENT_TTL_SECONDS),
  max_entries: wholeNumber(1, 1_000_000, 'entries').default(10_000),
  max_bytes: wholeNumber(65_536, 4_294_967_296, 'bytes').default(67_108_864),
  /** How long "there is no such secret" is kept. */
  negative_ttl: wholeNumber(0, 300, 'seconds').default(5),
  /** How long past its TTL a secret may be delivered while the vault does not answer. */
  stale_if_error: wholeNumber(0, 86_400, 'seconds').default(0),
});

const limitsSchema = z.strictObject({
  connections: wholeNumber(1, 65_536, 'connections').default(512),
  /** Of one application; absent: as many as it can. */
  requests_per_second: wholeNumber(1, 1_000_000, 'requests').optional(),
  wrong_tokens_per_second: wholeNumber(1, 1_000, 'requests').default(20),
  /** Requests to the vault at once. */
  vault_requests: wholeNumber(1, 1_000, 'requests').default(16),
  /** Time that a request waits for the vault. */
  vault_timeout: wholeNumber(1, 120, 'seconds').default(15),
});

/** Vault `aws-secrets-manager`. */
const awsVaultSchema = z.strictObject({
  type: z.literal('aws-secrets-manager'),
  region: text('the name of a region').optional(),
  /** Role to assume first. */
  role_arn: text("the role's ARN").optional(),
  external_id: text("the role's external id").optional(),
  /** Stands before an id that has no `name` of its own. */
  prefix: z.string({ error: 'the beginning of names' }).max(400).default(''),
  /** Ask for the next rotation too, which `expires_at` then tells; needs secretsmanager:DescribeSecret. */
  describe: flag.default(true),
});

/** Vault `segura`: its A2A HTTP interface. */
const seguraVaultSchema = z.strictObject({
  type: z.literal('segura'),
  url: url(['https:', 'http:'], 'the https:// address of the vault, without user and password'),
  api: z.enum(['v1', 'v2'], { error: 'v1 or v2' }).default('v1'),
  paths: z
    .strictObject({
      token: text('a path that begins with /').default('/iso/oauth2/token'),
      /** Where a one-time token is exchanged for an identity. */
      register: text('a path that begins with /').default('/iso/oauth2/register'),
      /** The credential's id is put after it. @default by `api` */
      credential: text('a path that begins with /').optional(),
    })
    .default({ token: '/iso/oauth2/token', register: '/iso/oauth2/register' }),
  /** PEM file of the only authority that vouches for the vault. */
  ca: path.optional(),
});

const dynamicSecretSchema = z.strictObject({
  /** `<type>/<id>` of an integration's system. */
  system: text('<type>/<id>, such as postgresql/db.example.com').regex(
    /^[a-z0-9]+\/\S+$/,
    '<type>/<id>, such as postgresql/db.example.com',
  ),
  target: z.strictObject({ kind: text('the kind of the target'), path: z.array(text('a name'), { error: 'a list of names' }).min(1) }),
  permission: text('the name of a permission'),
  /** Life of one user; a successor is made before it ends. */
  lease: duration().default(3_600),
});

/** What the configuration says of one secret. */
const secretSchema = z.strictObject({
  /** Name in the vault. @default the vault's prefix and the id */
  name: text('the name of the secret in the vault', 2_048).optional(),
  /** The user name itself, where the secret holds only a password. */
  username: text('a user name').optional(),
  /** Fields of the secret's JSON; `*` takes the whole text as the password. */
  username_field: text('the name of a field').optional(),
  password_field: text('the name of a field').optional(),
  expires_field: text('the name of a field').optional(),
  dynamic: dynamicSecretSchema.optional(),
});

/** An application of the configuration; others are kept in the state folder by `agent app`. */
const applicationSchema = z.strictObject({
  allow: z.array(secretPattern, { error: 'a list of secret ids' }),
  /** SHA-256 of its token, hexadecimal. */
  token_sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, '64 hexadecimal digits')
    .optional(),
  /** The agent writes a fresh token to this file at each start. */
  token_file: path.optional(),
  /** Mode of that file. */
  token_file_mode: octal('an octal mode in quotes, such as "0640"').default(0o600),
});

/** Whose accesses dynamic users are: the group's reaper ends what an agent that died leaves behind. */
const dynamicSchema = z.strictObject({
  tenant_id: text('the tenant'),
  runner_group_id: text('the runner group'),
  state_key_secret_id: text('name or ARN of the secret with the state key'),
  ledger_table: text('name or ARN of a DynamoDB table').optional(),
});

const hookSchema = z.strictObject({
  name: applicationName,
  secrets: z.array(secretPattern, { error: 'a list of secret ids' }).min(1, 'at least one secret id'),
  file: z
    .strictObject({
      path,
      /** Text with {{username}}, {{password}}, {{secret_id}}, {{expires_at}}; `{{json password}}` quotes as JSON. */
      template: text('the text of the file, with {{username}} and {{password}}', 65_536),
      mode: octal('an octal mode in quotes, such as "0600"').default(0o600),
      owner: z.number().int().optional(),
      group: z.number().int().optional(),
    })
    .optional(),
  signal: z.strictObject({ pid_file: path, name: z.enum(['SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGTERM']).default('SIGHUP') }).optional(),
  /** systemd unit to restart or reload. */
  unit: z
    .strictObject({
      name: text('the name of a unit').regex(/^[A-Za-z0-9][A-Za-z0-9:_.@\\-]*$/, 'the name of a unit'),
      action: z.enum(['restart', 'reload']).default('restart'),
    })
    .optional(),
  command: z
    .strictObject({
      run: argumentsList,
      timeout: wholeNumber(1, 600, 'seconds').default(30),
    })
    .optional(),
});

const rotationSchema = z.strictObject({
  events: z
    .strictObject({
      queue_url: url(['https:', 'http:'], 'the URL of an SQS queue'),
      region: text('the name of a region').optional(),
    })
    .optional(),
  schedules: z
    .array(
      z.strictObject({
        /** Five or six fields, or @hourly and the like. */
        cron: text('a cron expression of five fields'),
        timezone: text('an IANA time zone').optional(),
        secrets: z.array(secretPattern, { error: 'a list of secret ids' }).min(1, 'at least one secret id'),
      }),
    )
    .default([]),
  hooks: z.array(hookSchema).default([]),
});

const sinkSchema = z.discriminatedUnion(
  'type',
  [
    z.strictObject({
      type: z.literal('cloudwatch'),
      log_group: text('the name of a log group'),
      /** @default the host's name */
      log_stream: text('the name of a log stream').optional(),
      region: text('the name of a region').optional(),
    }),
    z.strictObject({
      type: z.literal('syslog'),
      /** `host:port`, by TLS (RFC 5425). */
      address: text('host:port'),
      ca: path.optional(),
      certificate: path.optional(),
      key: path.optional(),
    }),
    z.strictObject({
      type: z.literal('webhook'),
      url: url(['https:', 'http:'], 'an https:// address'),
      /** File with a bearer token. */
      token_file: path.optional(),
      ca: path.optional(),
    }),
  ],
  { error: 'cloudwatch, syslog or webhook' },
);

const auditSchema = z.strictObject({
  /** Bytes of all files of the trail, together. */
  max_bytes: wholeNumber(1_048_576, 1_099_511_627_776, 'bytes').default(268_435_456),
  /** Bytes of one file. */
  file_bytes: wholeNumber(65_536, 1_073_741_824, 'bytes').default(16_777_216),
  sinks: z.array(sinkSchema).default([]),
});

/** Everything an agent is told, by the names of its YAML file. */
export const agentSettingsSchema = z.strictObject({
  listen: listenSchema.default({ address: DEFAULT_AGENT_ADDRESS }),
  cache: cacheSchema.prefault({}),
  limits: limitsSchema.prefault({}),
  /** State folder. @default $STATE_DIRECTORY, or a folder of the user */
  state: path.optional(),
  vault: z
    .discriminatedUnion('type', [awsVaultSchema, seguraVaultSchema], { error: 'aws-secrets-manager or segura' })
    .default({ type: 'aws-secrets-manager', prefix: '', describe: true }),
  secrets: z
    .record(
      secretId,
      z.preprocess((value) => value ?? {}, secretSchema),
    )
    .transform(withoutPrototype)
    .prefault({}),
  applications: z.record(applicationName, applicationSchema).transform(withoutPrototype).prefault({}),
  dynamic: dynamicSchema.optional(),
  identity: z
    .strictObject({ kms_key_id: text('id, alias or ARN of a KMS key').optional(), region: text('the name of a region').optional() })
    .prefault({}),
  rotation: rotationSchema.prefault({}),
  audit: auditSchema.prefault({}),
  log_level: z.enum(['trace', 'debug', 'info', 'warn', 'error'], { error: 'trace, debug, info, warn or error' }).default('info'),
});

export type AgentSettings = z.output<typeof agentSettingsSchema>;
export type ListenSettings = AgentSettings['listen'];
export type CacheSettings = AgentSettings['cache'];
export type LimitSettings = AgentSettings['limits'];
export type AwsVaultSettings = z.output<typeof awsVaultSchema>;
export type SeguraVaultSettings = z.output<typeof seguraVaultSchema>;
export type SecretSettings = z.output<typeof secretSchema>;
export type DynamicSecretSettings = z.output<typeof dynamicSecretSchema>;
export type DynamicSettings = z.output<typeof dynamicSchema>;
export type ApplicationSettings = z.output<typeof applicationSchema>;
export type RotationSettings = AgentSettings['rotation'];
export type HookSettings = z.output<typeof hookSchema>;
export type AuditSettings = AgentSettings['audit'];
export type SinkSettings = z.output<typeof sinkSchema>;
