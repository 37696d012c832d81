/** The settings of a runner, as environment variables. One list: constructs, manifests, scripts, runtime and docs derive from it. */

/** One environment variable that a runner reads. */
export interface EnvironmentVariable {
  /** Exact spelling; never renamed. */
  readonly name: string;
  /** What it sets, in one sentence. */
  readonly meaning: string;
  /** Value used when the variable is absent; `undefined` where there is none. */
  readonly defaultValue?: string;
  /** Whether a runner cannot start without it. */
  readonly required?: boolean;
  /** Whether its value must never be shown. */
  readonly secret?: boolean;
  /** Whether it stands in the published setup guide (`true`) or is an addition of this project. */
  readonly published?: boolean;
}

export const DEFAULT_CONTROL_PLANE_ADDRESS = 'axiomactions.axiom.security:443';
export const DEFAULT_RESULT_TASK_QUEUE = 'AxiomWorkflowResultHandlerTaskQueue';
export const DEFAULT_RESULT_ACTIVITY_NAME = 'HandleWorkflowResult';
export const DEFAULT_SECRETS_STORE_ENGINE = 'aws-secrets-manager';
export const FILE_SECRETS_STORE_ENGINE = 'file';
export const DEFAULT_SECRETS_STORE_FOLDER = 'secrets';
export const DEFAULT_HEALTH_ADDRESS = '127.0.0.1:8786';
export const DEFAULT_MAX_CONCURRENT_TASKS = 50;
export const DEFAULT_LOG_LEVEL = 'info';
/** Longest access, as a duration string: a whole number and one of `s m h d`. */
export const DEFAULT_MAX_DURATION = '30d';
/** Levels of `RUNNER_LOG_LEVEL`, most talkative first. */
export const LOG_LEVELS: readonly string[] = ['trace', 'debug', 'info', 'warn', 'error'];

/** Addresses of the published platform, for egress allow-lists. */
export const PLATFORM_IP_ADDRESSES: readonly string[] = ['3.120.212.105', '18.184.175.29'];

/** Text that a template leaves where the IAM role's ARN belongs. */
export const IAM_ROLE_PLACEHOLDER = '<IAM_ROLE_HERE>';

/**
 * Values of the published guide that users forget to replace. Compared without regard to case;
 * a setting that still holds one counts as missing.
 */
export const ENVIRONMENT_PLACEHOLDERS: readonly string[] = [
  'YOUR_TENANT_ID',
  'your-tenant-id',
  '$TENANT_ID',
  '<TENANT_ID>',
  'YOUR_RUNNER_GROUP_ID',
  'your_runnergroupid',
  'your-runner-group-id',
  '$RUNNER_GROUP_ID',
  '<RUNNER_GROUP_ID>',
  'YOUR_API_KEY',
  'your_apikey',
  'your-api-key',
  '$RUNNER_API_KEY',
  '<RUNNER_API_KEY>',
  IAM_ROLE_PLACEHOLDER,
  '$value',
];

/** Every variable, in the order in which it is rendered and documented. */
export const ENVIRONMENT: readonly EnvironmentVariable[] = [
  { name: 'TENANT_ID', published: true, required: true, meaning: 'Tenant of the control plane; also the default Temporal namespace.' },
  { name: 'RUNNER_GROUP_ID', published: true, required: true, meaning: 'Runner group; also the default Temporal task queue.' },
  {
    name: 'RUNNER_API_KEY',
    published: true,
    secret: true,
    meaning: 'API key, sent as bearer to the control plane. This or RUNNER_API_KEY_SECRET_ID is required.',
  },
  {
    name: 'RUNNER_API_KEY_SECRET_ID',
    meaning:
      'Id or ARN of a Secrets Manager secret that holds the API key: a plain string or JSON {"RUNNER_API_KEY": "…"}. Re-read when the control plane refuses the key.',
  },
  {
    name: 'SECRETS_STORE_ENGINE',
    published: true,
    defaultValue: DEFAULT_SECRETS_STORE_ENGINE,
    meaning: 'Where integration secrets live: aws-secrets-manager, or file (development).',
  },
  {
    name: 'SECRETS_STORE_FOLDER',
    defaultValue: DEFAULT_SECRETS_STORE_FOLDER,
    meaning: 'Folder of the file engine: <folder>/<secret name>.json, each file of mode 0600.',
  },
  {
    name: 'WORKFLOW_RESULT_TASK_QUEUE',
    published: true,
    defaultValue: DEFAULT_RESULT_TASK_QUEUE,
    meaning: 'Task queue that results are delivered to.',
  },
  {
    name: 'WORKFLOW_RESULT_ACTIVITY_NAME',
    published: true,
    defaultValue: DEFAULT_RESULT_ACTIVITY_NAME,
    meaning: 'Activity that takes a result.',
  },
  {
    name: 'AXIOM_ACTIONS_ADDRESS_AND_PORT',
    published: true,
    defaultValue: DEFAULT_CONTROL_PLANE_ADDRESS,
    meaning: 'host:port of the control plane (a Temporal frontend).',
  },
  { name: 'AWS_SECRETS_MANAGER_REGION', published: true, meaning: "Region of the secret store; the runner's own region when absent." },
  { name: 'AWS_SECRETS_MANAGER_ROLE_ARN', published: true, meaning: 'Proxy role to assume for a secret store in another account.' },
  { name: 'AWS_SECRETS_MANAGER_ROLE_EXTERNAL_ID', published: true, meaning: 'External id of the proxy role; required with the role.' },
  { name: 'AXIOM_NAMESPACE', meaning: 'Temporal namespace; TENANT_ID when absent.' },
  { name: 'AXIOM_TASK_QUEUE', meaning: 'Temporal task queue; RUNNER_GROUP_ID when absent.' },
  { name: 'AXIOM_TLS', defaultValue: 'on', meaning: 'on or off; off is accepted only for a loopback address.' },
  { name: 'AXIOM_TLS_CA_FILE', meaning: 'PEM file with the private CA of the control plane.' },
  { name: 'AXIOM_TLS_CERT_FILE', meaning: 'PEM file with the client certificate (mutual TLS).' },
  { name: 'AXIOM_TLS_KEY_FILE', meaning: 'PEM file with the key of the client certificate.' },
  { name: 'AXIOM_TASK_VERIFICATION_KEY', meaning: 'Public JWK or JWK set; when present every task must be signed by one of its keys.' },
  { name: 'AXIOM_TASK_VERIFICATION_KEY_FILE', meaning: 'File with the same.' },
  {
    name: 'RUNNER_RECIPIENT_KEYS',
    meaning:
      'JWK set of keys, or of issuers that sign keys, to which credentials may be sealed; when present no other recipient is accepted.',
  },
  { name: 'RUNNER_RECIPIENT_KEYS_FILE', meaning: 'File with the same.' },
  {
    name: 'RUNNER_STATE_KEY_SECRET_ID',
    meaning: 'Secret with the key that authenticates intents, receipts, marks and names. Its previous version stays valid for reading.',
  },
  {
    name: 'RUNNER_LEDGER_TABLE',
    meaning: 'Name or ARN of a DynamoDB table for accesses in systems that have no place for a mark; without it they are refused.',
  },
  { name: 'RUNNER_MAX_DURATION', defaultValue: DEFAULT_MAX_DURATION, meaning: 'Longest access: a whole number and one of s, m, h, d.' },
  {
    name: 'RUNNER_ALLOWED',
    meaning:
      'Comma-separated list of <type>/<id>[:permission] that tasks may touch; all when absent. The reaper watches these systems from the start.',
  },
  { name: 'RUNNER_POLICY', meaning: 'Cedar policies, as text or its base64: what this runner may be asked to do.' },
  { name: 'RUNNER_POLICY_FILE', meaning: 'File with the same, as text; one of the two.' },
  {
    name: 'RUNNER_MAX_CONCURRENT_TASKS',
    defaultValue: String(DEFAULT_MAX_CONCURRENT_TASKS),
    meaning: 'Tasks worked on at once by one runner, 1 to 1000.',
  },
  { name: 'RUNNER_LOG_LEVEL', defaultValue: DEFAULT_LOG_LEVEL, meaning: 'trace, debug, info, warn or error.' },
  {
    name: 'RUNNER_HEALTH_ADDRESS',
    defaultValue: DEFAULT_HEALTH_ADDRESS,
    meaning: 'Loopback host:port of health and metrics; off disables it.',
  },
  { name: 'HTTPS_PROXY', meaning: 'HTTP proxy for the control plane and for every HTTPS call; databases are reached directly.' },
  { name: 'NO_PROXY', meaning: 'Comma-separated hosts that are reached without the proxy.' },
  { name: 'NODE_EXTRA_CA_CERTS', meaning: 'PEM file with further CAs that every outgoing TLS connection trusts.' },
  {
    name: 'RUNNER_CA_CERTIFICATES',
    meaning: 'Further CAs that every outgoing TLS connection trusts: PEM, as text or its base64; adds to NODE_EXTRA_CA_CERTS.',
  },
];
