import type { JSONWebKeySet } from 'jose';
import { FILE_SECRETS_STORE_ENGINE, LOG_LEVELS } from '../../../contract/environment.js';
import { hostAndPort, isLoopback, wholeNumber } from './address.js';
import { type AllowedEntry, parseAllowedEntry } from './allowed-entries.js';
import { parseDuration } from './duration.js';
import { inlineCertificates, inlinePolicies } from './inline-text.js';
import { type KeyKinds, parseKeySet, RECIPIENT_KEYS, TASK_KEYS } from './key-set.js';
import { type ReadFile, SettingReader, shown } from './setting-reader.js';
import { type ControlPlaneSettings, type NetworkSettings, type SecretStoreSettings, type Settings, SettingsError } from './settings.js';

/**
 * Validates a runner's settings.
 * @param environment variables by name, the env file's already merged in
 * @throws {SettingsError} with every fault at once
 */
export function loadSettings(environment: Readonly<Record<string, string | undefined>>, readFile: ReadFile): Settings {
  const reader = new SettingReader(environment, readFile);
  const tenantId = reader.id('TENANT_ID');
  const runnerGroupId = reader.id('RUNNER_GROUP_ID');
  const settings: Settings = {
    tenantId,
    runnerGroupId,
    namespace: reader.optional('AXIOM_NAMESPACE') ?? tenantId,
    taskQueue: reader.optional('AXIOM_TASK_QUEUE') ?? runnerGroupId,
    apiKey: apiKey(reader),
    secretStore: secretStore(reader),
    results: { taskQueue: reader.required('WORKFLOW_RESULT_TASK_QUEUE'), activityName: reader.required('WORKFLOW_RESULT_ACTIVITY_NAME') },
    controlPlane: controlPlane(reader),
    verificationKeys: keySet(reader, 'AXIOM_TASK_VERIFICATION_KEY', TASK_KEYS),
    recipientKeys: keySet(reader, 'RUNNER_RECIPIENT_KEYS', RECIPIENT_KEYS),
    stateKeySecretId: reader.optional('RUNNER_STATE_KEY_SECRET_ID'),
    ledgerTable: reader.optional('RUNNER_LEDGER_TABLE'),
    maxDurationSeconds: reader.parsed('RUNNER_MAX_DURATION', parseDuration, 'Write a whole number and one of s, m, h, d, e.g. 8h.'),
    allowed: allowed(reader),
    policies: policies(reader),
    maxConcurrentTasks: reader.parsed(
      'RUNNER_MAX_CONCURRENT_TASKS',
      (text) => wholeNumber(text, 1, 1000),
      'Write a whole number from 1 to 1000.',
    ),
    logLevel: reader.parsed(
      'RUNNER_LOG_LEVEL',
      (text) => LOG_LEVELS.find((level) => level === text),
      `Write one of ${LOG_LEVELS.join(', ')}.`,
    ),
    health: health(reader),
    network: network(reader),
  };
  if (reader.faults.length > 0) throw new SettingsError(reader.faults);
  return settings;
}

function apiKey(reader: SettingReader): Settings['apiKey'] {
  const before = reader.faults.length;
  const secretId = reader.optional('RUNNER_API_KEY_SECRET_ID');
  const value = reader.optional('RUNNER_API_KEY');
  if (secretId !== undefined && value !== undefined) {
    reader.fault('RUNNER_API_KEY', 'is set together with RUNNER_API_KEY_SECRET_ID', 'Set one of the two.');
  }
  if (secretId !== undefined) return { secretId };
  if (value === undefined && reader.faults.length === before) {
    reader.fault('RUNNER_API_KEY', 'is missing', 'Set it, or RUNNER_API_KEY_SECRET_ID with the id of a secret that holds it.');
  }
  return { value: value ?? '' };
}

function secretStore(reader: SettingReader): SecretStoreSettings {
  const engine = reader.required('SECRETS_STORE_ENGINE');
  if (engine === FILE_SECRETS_STORE_ENGINE) return { engine, folder: reader.required('SECRETS_STORE_FOLDER') };
  if (engine !== 'aws-secrets-manager')
    reader.fault('SECRETS_STORE_ENGINE', shown('SECRETS_STORE_ENGINE', engine), 'Write aws-secrets-manager or file.');
  const roleArn = reader.optional('AWS_SECRETS_MANAGER_ROLE_ARN');
  const externalId = reader.optional('AWS_SECRETS_MANAGER_ROLE_EXTERNAL_ID');
  if (roleArn !== undefined && !/^arn:[a-z-]+:iam::\d{12}:role\/.+$/.test(roleArn)) {
    reader.fault(
      'AWS_SECRETS_MANAGER_ROLE_ARN',
      shown('AWS_SECRETS_MANAGER_ROLE_ARN', roleArn),
      "Copy the output RoleArn of the proxy role's stack.",
    );
  }
  if ((roleArn === undefined) !== (externalId === undefined)) {
    const [missing, other] =
      roleArn === undefined
        ? ['AWS_SECRETS_MANAGER_ROLE_ARN', 'AWS_SECRETS_MANAGER_ROLE_EXTERNAL_ID']
        : ['AWS_SECRETS_MANAGER_ROLE_EXTERNAL_ID', 'AWS_SECRETS_MANAGER_ROLE_ARN'];
    reader.fault(missing, 'is missing', `It belongs to ${other}: set both or none.`);
  }
  return {
    engine: 'aws-secrets-manager',
    region: reader.optional('AWS_SECRETS_MANAGER_REGION'),
    proxyRole: roleArn === undefined || externalId === undefined ? undefined : { roleArn, externalId },
  };
}

function controlPlane(reader: SettingReader): ControlPlaneSettings {
  const address = reader.required('AXIOM_ACTIONS_ADDRESS_AND_PORT');
  const parsed = hostAndPort(address);
  if (parsed === undefined)
    reader.fault(
      'AXIOM_ACTIONS_ADDRESS_AND_PORT',
      shown('AXIOM_ACTIONS_ADDRESS_AND_PORT', address),
      'Write host:port, e.g. axiomactions.axiom.security:443.',
    );
  const switched = reader.parsed('AXIOM_TLS', (text) => (text === 'on' || text === 'off' ? text : undefined), 'Write on or off.');
  const cert = reader.fileOf('AXIOM_TLS_CERT_FILE');
  const key = reader.fileOf('AXIOM_TLS_KEY_FILE');
  const ca = reader.fileOf('AXIOM_TLS_CA_FILE');
  if ((cert === undefined) !== (key === undefined)) {
    reader.fault(
      cert === undefined ? 'AXIOM_TLS_CERT_FILE' : 'AXIOM_TLS_KEY_FILE',
      'is missing',
      'A client certificate and its key belong together: set both or none.',
    );
  }
  if (switched === 'off' && parsed !== undefined && !isLoopback(parsed.host)) {
    reader.fault('AXIOM_TLS', `is off for ${parsed.host}`, 'Only a loopback address may be reached without TLS: remove the line.');
  }
  return { address, tls: switched === 'off' ? false : { ca, cert, key } };
}

function keySet(reader: SettingReader, name: string, kinds: KeyKinds): JSONWebKeySet | undefined {
  const text = reader.optional(name) ?? reader.fileOf(`${name}_FILE`);
  const keys = text === undefined ? undefined : parseKeySet(text, kinds);
  if (text !== undefined && keys === undefined) {
    const variable = reader.environment[name] === undefined ? `${name}_FILE` : name;
    reader.fault(
      variable,
      `is no JWK or JWK set of ${kinds.named}`,
      'Give JSON (RFC 7517): one public key, or {"keys": [...]}; never a private one.',
    );
  }
  return keys;
}

function allowed(reader: SettingReader): readonly AllowedEntry[] | undefined {
  const text = reader.optional('RUNNER_ALLOWED');
  if (text === undefined) return undefined;
  return text.split(',').flatMap((part) => {
    const entry = parseAllowedEntry(part.trim());
    if (entry === undefined)
      reader.fault('RUNNER_ALLOWED', `holds "${part.trim()}"`, 'Write <type>/<id> or <type>/<id>:<permission>, separated by commas.');
    return entry ?? [];
  });
}

function policies(reader: SettingReader): Settings['policies'] {
  const text = reader.inline('RUNNER_POLICY', inlinePolicies, 'the text of Cedar policies', 'See docs/policies.md.');
  const fromFile = reader.fileOf('RUNNER_POLICY_FILE');
  if ((['RUNNER_POLICY', 'RUNNER_POLICY_FILE'] as const).every((name) => reader.environment[name]?.trim())) {
    reader.fault('RUNNER_POLICY', 'is set together with RUNNER_POLICY_FILE', 'Set one of the two.');
  }
  if (text !== undefined) return { text, variable: 'RUNNER_POLICY' };
  return fromFile === undefined ? undefined : { text: fromFile, variable: 'RUNNER_POLICY_FILE' };
}

function health(reader: SettingReader): Settings['health'] {
  const text = reader.required('RUNNER_HEALTH_ADDRESS');
  if (text === 'off') return undefined;
  const parsed = hostAndPort(text);
  if (parsed === undefined || !isLoopback(parsed.host)) {
    reader.fault(
      'RUNNER_HEALTH_ADDRESS',
      shown('RUNNER_HEALTH_ADDRESS', text),
      'Write a loopback address and port, e.g. 127.0.0.1:8786, or off.',
    );
  }
  return parsed;
}

/** How outgoing connections leave, out of the variables that every command honours. */
export function network(reader: SettingReader): NetworkSettings {
  const proxy = reader.optional('HTTPS_PROXY') ?? reader.environment['https_proxy'];
  if (proxy !== undefined && !(URL.canParse(proxy) && new URL(proxy).protocol === 'http:')) {
    reader.fault(
      'HTTPS_PROXY',
      'is no URL of an HTTP proxy',
      'Write http://host:port, with user:password@ before the host where the proxy asks for it.',
    );
  }
  const extraCas = [
    reader.fileOf('NODE_EXTRA_CA_CERTS'),
    reader.inline(
      'RUNNER_CA_CERTIFICATES',
      inlineCertificates,
      'PEM text of certificates',
      'Give every block from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----, and nothing but certificates; or the base64 of that text.',
    ),
  ].filter((pem) => pem !== undefined);
  return {
    proxy,
    noProxy: reader.optional('NO_PROXY') ?? reader.environment['no_proxy'],
    extraCa: extraCas.length === 0 ? undefined : extraCas.join('\n'),
  };
}
