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
  PLATFORM_ID,
  REGION,
  TEMPORAL_NAME,
  VARIABLE_NAME,
} from '../../contract/name-rules';
import { checkedSetting, invalidSetting } from '../checks/setting-check';
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
    WORKFLOW_RESULT_TASK_QUEUE: optional(scope, 'resultTaskQueue', settings.resultTaskQueue, TEMPORAL_NAME) ?? DEFAULT_RESULT_TASK_QUEUE,
    WORKFLOW_RESULT_ACTIVITY_NAME:
      optional(scope, 'resultActivityName', settings.resultActivityName, TEMPORAL_NAME) ?? DEFAULT_RESULT_ACTIVITY_NAME,
    AXIOM_ACTIONS_ADDRESS_AND_PORT:
      optional(scope, 'controlPlaneAddress', settings.controlPlaneAddress, HOST_AND_PORT) ?? DEFAULT_CONTROL_PLANE_ADDRESS,
    AWS_SECRETS_MANAGER_REGION: optional(scope, 'secretStoreRegion', settings.secretStoreRegion, REGION),
    AWS_SECRETS_MANAGER_ROLE_ARN: references.proxyRoleArn,
    AWS_SECRETS_MANAGER_ROLE_EXTERNAL_ID: references.proxyRoleExternalId,
    AXIOM_NAMESPACE: optional(scope, 'temporalNamespace', settings.temporalNamespace, TEMPORAL_NAME),
    AXIOM_TASK_QUEUE: optional(scope, 'taskQueue', settings.taskQueue, TEMPORAL_NAME),
    AXIOM_TASK_VERIFICATION_KEY: keySet(scope, 'taskVerificationKey', settings.taskVerificationKey),
    RUNNER_RECIPIENT_KEYS: keySet(scope, 'recipientKeys', settings.recipientKeys),
    RUNNER_STATE_KEY_SECRET_ID: references.stateKeySecretId,
    RUNNER_LEDGER_TABLE: references.ledgerTable,
    RUNNER_MAX_DURATION: maxDuration(scope, settings),
    RUNNER_ALLOWED: list(scope, 'allowed', settings.allowed, ALLOWED_ENTRY),
    RUNNER_POLICY: manyLines(scope, 'policy', settings.policy, '(', 'Cedar policies, such as "permit (principal, action, resource);"'),
    RUNNER_MAX_CONCURRENT_TASKS: maxConcurrentTasks(scope, settings),
    RUNNER_LOG_LEVEL: settings.logLevel,
    RUNNER_CA_CERTIFICATES: manyLines(scope, 'caCertificates', settings.caCertificates, '-----BEGIN CERTIFICATE-----', 'PEM certificates'),
    HTTPS_PROXY: optional(scope, 'httpsProxy', settings.httpsProxy, HTTP_PROXY_URL),
    NO_PROXY: list(scope, 'noProxy', settings.noProxy, TEMPORAL_NAME),
  };
  const all = { ...known, ...furtherVariables(scope, settings.environment ?? {}, known) };
  const order = [...ENVIRONMENT.map(({ name }) => name), ...Object.keys(settings.environment ?? {})];
  const present = [...new Set(order)].flatMap((name) => (all[name] === undefined ? [] : [[name, all[name]] as const]));
  return Object.fromEntries(present);
}

function optional(scope: IConstruct, setting: string, value: string | undefined, rule: NameRule): string | undefined {
  return value === undefined ? undefined : checkedSetting(scope, setting, value, rule);
}

function list(scope: IConstruct, setting: string, values: readonly string[] | undefined, rule: NameRule): string | undefined {
  if (values === undefined || values.length === 0) {
    return undefined;
  }
  return values.map((value, index) => checkedSetting(scope, `${setting}[${index}]`, value, rule)).join(',');
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
  const isPrivate = keys.some((key) => typeof key === 'object' && key !== null && ('d' in key || 'k' in key));
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
  return `${seconds}s`;
}

function maxConcurrentTasks(scope: IConstruct, { maxConcurrentTasks: most }: RunnerSettings): string | undefined {
  if (most !== undefined && !Token.isUnresolved(most) && !(Number.isInteger(most) && most >= 1 && most <= MOST_CONCURRENT_TASKS)) {
    throw invalidSetting(scope, 'maxConcurrentTasks', String(most), `a whole number from 1 to ${MOST_CONCURRENT_TASKS}`, 'Change it.');
  }
  return most === undefined ? undefined : Tokenization.stringifyNumber(most);
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

function furtherVariables(
  scope: IConstruct,
  environment: Readonly<Record<string, string>>,
  known: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  for (const [name, value] of Object.entries(environment)) {
    checkedSetting(scope, 'environment', name, VARIABLE_NAME);
    if (name === 'RUNNER_API_KEY') {
      const allowed = 'an API key that stands in a secret';
      throw invalidSetting(scope, 'environment', 'RUNNER_API_KEY in plain text', allowed, 'Put it into Secrets Manager: apiKeySecret.');
    }
    if (name in known) {
      throw invalidSetting(scope, 'environment', name, 'variables that no property sets', 'Use the property for it.');
    }
    if (/[\r\n]/.test(value)) {
      throw invalidSetting(scope, 'environment', `${name} with a line break`, 'values of one line', 'Encode the value as base64.');
    }
  }
  return environment;
}
