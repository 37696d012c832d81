import { z } from 'zod';
import { duration, flag, list, oneOf, path, text, url } from './setting-kinds.js';

/** Vault `aws-secrets-manager`. */
export const awsVaultSchema = z.strictObject({
  type: z.literal('aws-secrets-manager').describe('AWS Secrets Manager.'),
  region: text('the name of a region').optional().describe('Region of the secrets. Absent: as the AWS SDK finds it.'),
  role_arn: text("the role's ARN").optional().describe('Role to assume first, for secrets of another account; with `external_id`.'),
  external_id: text("the role's external id").optional().describe('External id that the trust policy of the role asks for.'),
  prefix: z
    .string({ error: 'the beginning of names' })
    .max(400)
    .meta({ allowed: 'the beginning of names' })
    .default('')
    .describe('Stands before an id that has no `name` of its own.'),
  describe: flag
    .default(true)
    .describe('Ask for the next rotation too, which `expires_at` then tells. Needs `secretsmanager:DescribeSecret`.'),
});

const endpoint = text('a path that begins with /');

/** Vault `segura`: its A2A HTTP interface. */
export const seguraVaultSchema = z.strictObject({
  type: z.literal('segura').describe('The Segura (senhasegura) vault.'),
  url: url(['https:', 'http:'], 'the https:// address of the vault, without user and password').describe(
    'Address of the vault. `http://` is for a server on this host only.',
  ),
  api: oneOf(['v1', 'v2']).default('v1').describe('Version of its interface.'),
  paths: z
    .strictObject({
      token: endpoint.default('/iso/oauth2/token').describe('Where the agent signs in.'),
      register: endpoint.default('/iso/oauth2/register').describe('Where a one-time token is exchanged for an identity.'),
      credential: endpoint
        .optional()
        .describe("The credential's id is put after it. Absent: `/api/pam/credential` with v1, `/api/v2/pam/credentials` with v2."),
    })
    .default({ token: '/iso/oauth2/token', register: '/iso/oauth2/register' })
    .describe('Where the vault answers, below its address.'),
  ca: path.optional().describe('PEM file of the only authority that vouches for the vault.'),
});

const SYSTEM = '<type>/<id>, such as postgresql/db.example.com';

const dynamicSecretSchema = z.strictObject({
  system: text(SYSTEM)
    .regex(/^[a-z0-9]+\/\S+$/, SYSTEM)
    .describe('System in which users are made: of type `postgresql`, `mysql` or `mongodbatlas`.'),
  target: z
    .strictObject({
      kind: text('the kind of the target').describe('Kind of what users may work on, as the page of the integration has it.'),
      path: list(text('a name'), 'a list of names').min(1).describe('Its names, from the outermost on.'),
    })
    .describe('What users may work on.'),
  permission: text('the name of a permission').describe('What users may do there.'),
  lease: duration('a duration: a whole number and one of s, m, h, d, such as 15m')
    .prefault('1h')
    .describe('Life of one user, 1m to 30d; a successor is made before it ends.'),
});

/** What the configuration says of one secret. */
export const secretSchema = z.strictObject({
  name: text('the name of the secret in the vault', 2_048)
    .optional()
    .describe("Name or ARN in AWS, id or identifier in Segura. Absent: the vault's `prefix` and the id."),
  username: text('a user name').optional().describe('The user name itself, where the secret holds only a password.'),
  username_field: text('the name of a field').optional().describe("Field of the secret's JSON with the user name. Absent: `username`."),
  password_field: text('the name of a field')
    .optional()
    .describe('Field with the password; `"*"` takes the whole text. Absent: `password`, or the whole text where it is no JSON object.'),
  expires_field: text('the name of a field').optional().describe('Field with the end of the secret: ISO 8601 or unix seconds.'),
  dynamic: dynamicSecretSchema.optional().describe('A temporary user for each application, instead of a secret of the vault.'),
});

/** Whose accesses dynamic users are: the group's reaper ends what an agent that died leaves behind. */
export const dynamicSchema = z.strictObject({
  tenant_id: text('the tenant').describe('Tenant whose accesses the users are.'),
  runner_group_id: text('the runner group').describe(
    'Runner group whose accesses the users are; its runners end what an agent leaves behind.',
  ),
  state_key_secret_id: text('name or ARN of the secret with the state key').describe("Secret with the group's state key."),
  ledger_table: text('name or ARN of a DynamoDB table').optional().describe('Table of the ledger, which `mysql` and `mongodbatlas` need.'),
});

export type AwsVaultSettings = z.output<typeof awsVaultSchema>;
export type SeguraVaultSettings = z.output<typeof seguraVaultSchema>;
export type SecretSettings = z.output<typeof secretSchema>;
export type DynamicSecretSettings = z.output<typeof dynamicSecretSchema>;
export type DynamicSettings = z.output<typeof dynamicSchema>;
