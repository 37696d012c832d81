import { Token, Tokenization } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import {
  DEFAULT_CONTROL_PLANE_ADDRESS,
  DEFAULT_RESULT_ACTIVITY_NAME,
  DEFAULT_RESULT_TASK_QUEUE,
  DEFAULT_SECRETS_STORE_ENGINE,
  ENVIRONMENT,
} from '../../contract/environment';
import {
  ALLOWED_ENTRY,
  HOST_AND_PORT,
  HTTP_PROXY_URL,
  type NameRule,
  NO_PROXY_ENTRY,
  PLATFORM_ID,
  REGION,
  TEMPORAL_NAME,
} from '../../contract/name-rules';
import { checkedCount, checkedSetting, invalidSetting, optionalSetting } from '../checks/setting-check';
import { furtherVariables } from './further-variables';
import type { RunnerSettings } from './runner-settings';

/** What a runner refers to in AWS, by the names that its environment has for them. */
export interface RunnerReferences {
  /** Id or ARN of the secret with the API key. */
  readonly apiKeySecretId?: string;
  /** Id or ARN of the secret with the state key. */
  readonly stateKeySecretId?: string;
  /** Name of the ledger's DynamoDB table. */
  readonly ledgerTable?: string;
  readonly proxyRoleArn?: string;
  readonly proxyRoleExternalId?: string;
}

const MOST_TEXT_BYTES = 16_384;
const MOST_CONCURRENT_TASKS = 1000;
/** Members of a JWK that its owner keeps to themselves (RFC 7518, section 6). */
const PRIVATE_PARTS = ['d', 'k', 'p', 'q', 'dp', 'dq', 'qi', 'oth'];
/** Units of a duration, as the runner reads one, and how many seconds each has; the number before it has 7 digits at most. */
const UNITS = { s: 1, m: 60, h: 3600, d: 86_400 } as const;
const MOST_UNITS = 9_999_999;

/**
 * The environment of a runner, in the order of the contract. This is the one rendering: each host, the chart and the files to download
 * take it from here.
 * @param scope the construct that a user sees: errors name it
 */
export function runnerEnvironment(scope: IConstruct, settings: RunnerSettings, references: RunnerReferences): Record<string, string> {
  const known: Record<string, string | undefined> = {
    TENANT_ID: checkedSetting(scope, 'tenantId', settings.tenantId, PLATFORM_ID),
    RUNNER_GROUP_ID: checkedSetting(scope, 'runnerGroupId', settings.runnerGroupId, PLATFORM_ID),
    RUNNER_API_KEY_SECRET_ID: references.apiKeySecretId,
    SECRETS_STORE_ENGINE: DEFAULT_SECRETS_STORE_ENGINE,
    WORKFLOW_RESULT_TASK_QUEUE:
      optionalSetting(scope, 'resultTaskQueue', settings.resultTaskQueue, TEMPORAL_NAME) ?? DEFAULT_RESULT_TASK_QUEUE,
    WORKFLOW_RESULT_ACTIVITY_NAME:
      optionalSetting(scope, 'resultActivityName', settings.resultActivityName, TEMPORAL_NAME) ?? DEFAULT_RESULT_ACTIVITY_NAME,
    AXIOM_ACTIONS_ADDRESS_AND_PORT:
      optionalSetting(scope, 'controlPlaneAddress', settings.controlPlaneAddress, HOST_AND_PORT) ?? DEFAULT_CONTROL_PLANE_ADDRESS,
    AWS_SECRETS_MANAGER_REGION: optionalSetting(scope, 'secretStoreRegion', settings.secretStoreRegion, REGION),
    AWS_SECRETS_MANAGER_ROLE_ARN: references.proxyRoleArn,
    AWS_SECRETS_MANAGER_ROLE_EXTERNAL_ID: references.proxyRoleExternalId,
    AXIOM_NAMESPACE: optionalSetting(scope, 'temporalNamespace', settings.temporalNamespace, TEMPORAL_NAME),
    AXIOM_TASK_QUEUE: optionalSetting(scope, 'taskQueue', settings.taskQueue, TEMPORAL_NAME),
    AXIOM_TASK_VERIFICATION_KEY: keySet(scope, 'taskVerificationKey', settings.taskVerificationKey),
    RUNNER_RECIPIENT_KEYS: keySet(scope, 'recipientKeys', settings.recipientKeys),
    RUNNER_STATE_KEY_SECRET_ID: references.stateKeySecretId,
    RUNNER_LEDGER_TABLE: references.ledgerTable,
    RUNNER_MAX_DURATION: maxDuration(scope, settings),
    RUNNER_ALLOWED: allowedSystems(scope, settings),
    RUNNER_POLICY: manyLines(scope, 'policy', settings.policy, '(', 'Cedar policies, such as "permit (principal, action, resource);"'),
    RUNNER_MAX_CONCURRENT_TASKS: maxConcurrentTasks(scope, settings),
    RUNNER_LOG_LEVEL: settings.logLevel,
    RUNNER_CA_CERTIFICATES: certificates(scope, settings),
    HTTPS_PROXY: optionalSetting(scope, 'httpsProxy', settings.httpsProxy, HTTP_PROXY_URL),
    NO_PROXY: list(scope, 'noProxy', settings.noProxy, NO_PROXY_ENTRY),
  };
  const all = { ...known, ...furtherVariables(scope, settings.environment ?? {}, known) };
  const order = [...ENVIRONMENT.map(({ name }) => name), ...Object.keys(settings.environment ?? {})];
  const present = [...new Set(order)].flatMap((name) => (all[name] === undefined ? [] : [[name, all[name]] as const]));
  return Object.fromEntries(present);
}

function list(scope: IConstruct, setting: string, values: readonly string[] | undefined, rule: NameRule): string | undefined {
  if (values === undefined || values.length === 0) {
    return undefined;
  }
  return values.map((value, index) => checkedSetting(scope, `${setting}[${index}]`, value, rule)).join(',');
}

/** A list that somebody's code left empty means nothing, and must not come to mean everything. */
function allowedSystems(scope: IConstruct, { allowed }: RunnerSettings): string | undefined {
  if (allowed?.length === 0) {
    const fix = 'Leave it out to allow every system; to pause the runner, set its count to 0.';
    throw invalidSetting(scope, 'allowed', 'an empty list', ALLOWED_ENTRY.allowed, fix);
  }
  return list(scope, 'allowed', allowed, ALLOWED_ENTRY);
}

function keySet(scope: IConstruct, setting: string, text: string | undefined): string | undefined {
  if (text === undefined || Token.isUnresolved(text)) {
    return text;
  }
  const allowed = 'the JSON text of a public JWK, or of a JWK set (RFC 7517)';
  const parsed = parsedJson(text);
  if (typeof parsed !== 'object' || parsed === null) {
    throw invalidSetting(scope, setting, 'no JSON object', allowed, 'Paste what "axiomctl keys" prints.');
  }
  const keys: unknown[] = 'keys' in parsed && Array.isArray(parsed.keys) ? parsed.keys : [parsed];
  const isKey = (key: unknown) => typeof key === 'object' && key !== null && 'kty' in key;
  if (keys.length === 0 || !keys.every(isKey)) {
    throw invalidSetting(scope, setting, 'JSON without a key', allowed, 'Paste what "axiomctl keys" prints.');
  }
  const isPrivate = keys.some((key) => typeof key === 'object' && key !== null && PRIVATE_PARTS.some((part) => part in key));
  if (isPrivate) {
    throw invalidSetting(scope, setting, 'a private key', allowed, 'Pass the public part only; the private one stays with its owner.');
  }
  // Again without line breaks, which an env file can't hold.
  return JSON.stringify(parsed);
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function maxDuration(scope: IConstruct, { maxAccessDuration }: RunnerSettings): string | undefined {
  if (maxAccessDuration === undefined) {
    return undefined;
  }
  const seconds = maxAccessDuration.isUnresolved() ? Number.NaN : maxAccessDuration.toSeconds({ integral: false });
  if (!Number.isInteger(seconds) || seconds < 1) {
    const found = maxAccessDuration.isUnresolved() ? 'a token' : `${seconds} seconds`;
    throw invalidSetting(scope, 'maxAccessDuration', found, 'one second or more, whole seconds', 'Write for example Duration.hours(8).');
  }
  const [unit, length] = Object.entries(UNITS).find((each) => seconds % each[1] === 0 && seconds / each[1] <= MOST_UNITS) ?? [];
  if (unit === undefined || length === undefined) {
    const allowed = `at most ${MOST_UNITS} seconds, minutes, hours or days`;
    throw invalidSetting(scope, 'maxAccessDuration', `${seconds} seconds`, allowed, 'Round it up to whole days.');
  }
  return `${seconds / length}${unit}`;
}

function maxConcurrentTasks(scope: IConstruct, { maxConcurrentTasks: most }: RunnerSettings): string | undefined {
  checkedCount(scope, 'maxConcurrentTasks', most, 1, MOST_CONCURRENT_TASKS);
  return most === undefined ? undefined : Tokenization.stringifyNumber(most);
}

/** Certificates are public. A file that holds the key, too, would put it into the template. */
function certificates(scope: IConstruct, { caCertificates }: RunnerSettings): string | undefined {
  if (caCertificates !== undefined && !Token.isUnresolved(caCertificates) && caCertificates.includes('PRIVATE KEY-----')) {
    throw invalidSetting(scope, 'caCertificates', 'text with a private key in it', 'PEM certificates', 'Pass the certificates only.');
  }
  return manyLines(scope, 'caCertificates', caCertificates, '-----BEGIN CERTIFICATE-----', 'PEM certificates');
}

/** Text of many lines travels as base64, because an env file has one line for a variable. */
function manyLines(scope: IConstruct, setting: string, text: string | undefined, mark: string, allowed: string): string | undefined {
  if (text === undefined || Token.isUnresolved(text)) {
    return text;
  }
  const bytes = Buffer.from(text);
  if (!text.includes(mark)) {
    throw invalidSetting(scope, setting, 'no such text', allowed, 'Pass the text itself, for example readFileSync(path, "utf8").');
  }
  if (bytes.length > MOST_TEXT_BYTES) {
    throw invalidSetting(scope, setting, `${bytes.length} bytes`, `${allowed}, at most ${MOST_TEXT_BYTES} bytes`, 'Shorten it.');
  }
  return bytes.toString('base64');
}
