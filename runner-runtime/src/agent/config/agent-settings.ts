import { z } from 'zod';
import { DEFAULT_AGENT_ADDRESS, DEFAULT_AGENT_TTL_SECONDS } from '../../../../contract/agent.js';
import { auditSchema } from './audit-settings.js';
import { rotationSchema } from './rotation-settings.js';
import {
  applicationName,
  flag,
  octal,
  oneOf,
  path,
  secretId,
  secretPatterns,
  text,
  wholeNumber,
  withoutPrototype,
} from './setting-kinds.js';
import { awsVaultSchema, dynamicSchema, type SecretSettings, secretSchema, seguraVaultSchema } from './vault-settings.js';

export type { SinkSettings } from './audit-settings.js';
export type { HookSettings } from './rotation-settings.js';
export { applicationName, secretId, secretPattern } from './setting-kinds.js';
export type { AwsVaultSettings, DynamicSecretSettings, DynamicSettings, SecretSettings, SeguraVaultSettings } from './vault-settings.js';

/** Where and how the agent listens. */
const listenSchema = z.strictObject({
  address: text('host:port, or off')
    .default(DEFAULT_AGENT_ADDRESS)
    .describe('`localhost` is both loopbacks. Another address than a loopback needs `tls`. `off` listens on the socket alone.'),
  socket: z
    .strictObject({
      path: path.describe('Path of the Unix socket.'),
      mode: octal('0660').prefault('0600').describe('Its mode: who may open it may ask.'),
      group: z
        .union([text('the name or number of a group'), z.number()])
        .meta({ allowed: 'the name or number of a group' })
        .optional()
        .describe("The socket's group."),
      application: applicationName.optional().describe('Application, of `applications`, that requests without a token are taken for.'),
    })
    .optional()
    .describe('A Unix socket, beside the address.'),
  tls: z
    .strictObject({
      certificate: path.describe('PEM file of the certificate, its chain behind it. Read anew each minute.'),
      key: path.describe('PEM file of its key; others may not read it.'),
      client_ca: path.optional().describe('PEM file of the authorities of client certificates; then a client without one is turned away.'),
    })
    .optional()
    .describe('TLS 1.2 or newer, on the address.'),
});

const cacheSchema = z.strictObject({
  enabled: flag.default(true).describe('Whether secrets are kept in memory.'),
  ttl: wholeNumber(1, 86_400, 'seconds')
    .default(DEFAULT_AGENT_TTL_SECONDS)
    .describe('How long a secret is kept, strictly; also what `expires_at` tells of a secret that does not expire.'),
  max_entries: wholeNumber(1, 1_000_000, 'entries')
    .default(10_000)
    .describe('Most secrets that are kept; the least recently used one goes first.'),
  max_bytes: wholeNumber(65_536, 4_294_967_296, 'bytes').default(67_108_864).describe('Most memory that they take.'),
  negative_ttl: wholeNumber(0, 300, 'seconds').default(5).describe('How long "there is no such secret" is kept.'),
  stale_if_error: wholeNumber(0, 86_400, 'seconds')
    .default(0)
    .describe('How long past its TTL a secret may be delivered while the vault does not answer.'),
});

const limitsSchema = z.strictObject({
  connections: wholeNumber(1, 65_536, 'connections').default(512).describe('Connections at once, of each listener.'),
  requests_per_second: wholeNumber(1, 1_000_000, 'requests')
    .optional()
    .describe("Of one application; a second's worth may come at once. Absent: as many as it can."),
  wrong_tokens_per_second: wholeNumber(1, 1_000, 'requests')
    .default(20)
    .describe(
      'Requests without an application behind them that are recorded one by one; more are counted, and wrong tokens among them get 429.',
    ),
  vault_requests: wholeNumber(1, 1_000, 'requests').default(16).describe('Requests to the vault at once; others wait.'),
  vault_timeout: wholeNumber(1, 120, 'seconds').default(15).describe('Time that a request waits for the vault.'),
});

/** An application of the configuration; others are kept in the state folder by `agent app`. */
const applicationSchema = z.strictObject({
  allow: secretPatterns.describe('What it may have.'),
  token_sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, '64 hexadecimal digits')
    .meta({ allowed: '64 hexadecimal digits' })
    .optional()
    .describe('SHA-256 of its token.'),
  token_file: path.optional().describe('File to which the agent writes a fresh token at each start, and which it removes at its end.'),
  token_file_mode: octal('0640').prefault('0600').describe('Mode of that file.'),
});

/** Everything an agent is told, by the names of its YAML file. */
export const agentSettingsSchema = z.strictObject({
  listen: listenSchema
    .default({ address: DEFAULT_AGENT_ADDRESS })
    .describe('Where the agent listens. What systemd opened counts instead of address and socket.'),
  cache: cacheSchema.prefault({}).describe('What is kept, in memory only.'),
  limits: limitsSchema.prefault({}).describe('Bounds on what the agent takes and asks.'),
  state: path
    .optional()
    .describe(
      'State folder: pairing identity, digests of tokens, audit trail. Absent: `$STATE_DIRECTORY`, else `/var/lib/axiomrunner` for its owner and for root, else `~/.local/state/axiomrunner` (Windows: `%LOCALAPPDATA%\\axiomrunner`).',
    ),
  vault: z
    .discriminatedUnion('type', [awsVaultSchema, seguraVaultSchema], { error: 'aws-secrets-manager or segura' })
    .default({ type: 'aws-secrets-manager', prefix: '', describe: true })
    .describe('Where secrets come from.'),
  secrets: z
    .record(
      secretId,
      secretSchema.nullable().transform((secret): SecretSettings => secret ?? {}),
    )
    .transform(withoutPrototype)
    .prefault({})
    .describe('What the vault calls secrets, and how they are read. A secret whose name is its id needs no entry.'),
  applications: z
    .record(applicationName, applicationSchema)
    .transform(withoutPrototype)
    .prefault({})
    .describe('Applications, beside those that `axiomrunner agent app` keeps in the state folder.'),
  dynamic: dynamicSchema.optional().describe('Whose accesses the temporary users of dynamic secrets are.'),
  identity: z
    .strictObject({
      kms_key_id: text('id, alias or ARN of a KMS key').optional().describe('KMS key that encrypts the pairing identity where it lies.'),
      region: text('the name of a region').optional().describe('Region of that key. Absent: as the AWS SDK finds it.'),
    })
    .prefault({})
    .describe('How the identity of `agent pair` is kept.'),
  rotation: rotationSchema.prefault({}).describe('How the agent learns of new values, and what it does with them.'),
  audit: auditSchema.prefault({}).describe('The audit trail, in the state folder, and where it is sent.'),
  log_level: oneOf(['trace', 'debug', 'info', 'warn', 'error'])
    .default('info')
    .describe('Lines of the log that are less severe are left out.'),
});

export type AgentSettings = z.output<typeof agentSettingsSchema>;
export type ListenSettings = AgentSettings['listen'];
export type CacheSettings = AgentSettings['cache'];
export type LimitSettings = AgentSettings['limits'];
export type ApplicationSettings = z.output<typeof applicationSchema>;
export type RotationSettings = AgentSettings['rotation'];
export type AuditSettings = AgentSettings['audit'];
