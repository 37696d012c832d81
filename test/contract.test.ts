import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROXY_ROLE_NAME_PART, PROXY_ROLE_TEMPLATE } from '../contract/cloudformation';
import { ENVIRONMENT, ENVIRONMENT_PLACEHOLDERS, IAM_ROLE_PLACEHOLDER } from '../contract/environment';
import { ERROR_CODES } from '../contract/error-codes';
import { METRICS } from '../contract/metrics';
import * as nameRules from '../contract/name-rules';
import { INTEGRATION_SECRET_PREFIX, SECRET_TYPES } from '../contract/secrets';
import {
  CLOCK_TOLERANCE_SECONDS,
  DRAIN_FORCE_SECONDS,
  DRAIN_GRACE_SECONDS,
  STOP_TIMEOUT_SECONDS,
  TASK_VALIDITY_SECONDS,
  WORKFLOW_TYPES,
} from '../contract/tasks';

const published: Readonly<Record<string, string>> = JSON.parse(
  readFileSync(join(__dirname, 'fixtures', 'published-create-secret-commands.json'), 'utf8'),
);

/** The words of a command as a POSIX shell splits them; no expansion is used in the guide. */
function shellWords(command: string): string[] {
  const words = command.match(/(?:[^\s"']|"[^"]*"|'[^']*')+/g) ?? [];
  return words.map((word) => word.replace(/"([^"]*)"|'([^']*)'/g, (_, double?: string, single?: string) => double ?? single ?? ''));
}

function optionOf(command: string, option: string): string {
  const words = shellWords(command);
  const value = words[words.indexOf(option) + 1];
  if (!words.includes(option) || value === undefined) throw new Error(`no ${option} in ${command}`);
  return value;
}

function duplicatesIn(names: readonly string[]): string[] {
  return names.filter((name, index) => names.indexOf(name) !== index);
}

describe('the catalogue of integration secrets', () => {
  it('has the twelve published types', () => {
    expect(SECRET_TYPES.map(({ type }) => type)).toEqual(Object.keys(published));
    expect(SECRET_TYPES).toHaveLength(12);
  });

  it.each(Object.entries(published))('fits the published command for %s', (type, command) => {
    const entry = SECRET_TYPES.find((candidate) => candidate.type === type);
    const fields = entry?.fields ?? [];
    const given = Object.keys(JSON.parse(optionOf(command, '--secret-string')));
    const required = fields.filter(({ optional }) => optional !== true).map(({ name }) => name);
    expect(given).toEqual(expect.arrayContaining(required));
    expect(fields.map(({ name }) => name)).toEqual(expect.arrayContaining(given));
  });

  it.each(Object.entries(published))('forms the name of the published command for %s', (type, command) => {
    const name = optionOf(command, '--name');
    expect(name).toMatch(new RegExp(`^${INTEGRATION_SECRET_PREFIX}${type}/[^/]+$`));
  });

  it.each(SECRET_TYPES.map((entry) => [entry.type, entry] as const))('names each field of %s once', (_, { fields }) => {
    expect(duplicatesIn(fields.map(({ name }) => name))).toEqual([]);
  });

  it.each(SECRET_TYPES.map((entry) => [entry.type, entry] as const))(
    'has no placeholder for %s that the published example holds, since that must work as it is',
    (type, { fields }) => {
      const example: Record<string, string> = JSON.parse(optionOf(published[type] ?? '', '--secret-string'));
      const caught = fields.filter(({ name, placeholders }) => placeholders?.includes(example[name] ?? ''));
      expect(caught).toEqual([]);
    },
  );

  it('keeps secret what opens a system', () => {
    const shown = SECRET_TYPES.flatMap(({ fields }) => fields)
      .filter(({ secret }) => secret !== true)
      .map(({ name }) => name);
    expect(shown.filter((name) => /password|token$|api_key|client_secret|private_key$/.test(name))).toEqual([]);
  });
});

describe('the environment of a runner', () => {
  it('names each variable once', () => {
    expect(duplicatesIn(ENVIRONMENT.map(({ name }) => name))).toEqual([]);
  });

  it('has the published variables', () => {
    expect(ENVIRONMENT.filter((entry) => entry.published).map(({ name }) => name)).toEqual([
      'TENANT_ID',
      'RUNNER_GROUP_ID',
      'RUNNER_API_KEY',
      'SECRETS_STORE_ENGINE',
      'WORKFLOW_RESULT_TASK_QUEUE',
      'WORKFLOW_RESULT_ACTIVITY_NAME',
      'AXIOM_ACTIONS_ADDRESS_AND_PORT',
      'AWS_SECRETS_MANAGER_REGION',
      'AWS_SECRETS_MANAGER_ROLE_ARN',
      'AWS_SECRETS_MANAGER_ROLE_EXTERNAL_ID',
    ]);
  });

  it('says of each variable what it sets, in a sentence', () => {
    for (const { name, meaning } of ENVIRONMENT) expect([name, meaning]).toEqual([name, expect.stringMatching(/^.+\.$/s)]);
  });

  it('has no default for a required variable and no default that is a placeholder', () => {
    const placeholders = ENVIRONMENT_PLACEHOLDERS.map((text) => text.toLowerCase());
    for (const { required, defaultValue } of ENVIRONMENT) {
      if (required) expect(defaultValue).toBeUndefined();
      expect(placeholders).not.toContain(defaultValue?.toLowerCase());
    }
  });

  it('knows the placeholders of every variable that users fill in', () => {
    expect(ENVIRONMENT_PLACEHOLDERS).toEqual(
      expect.arrayContaining(['$TENANT_ID', '$RUNNER_GROUP_ID', '$RUNNER_API_KEY', IAM_ROLE_PLACEHOLDER]),
    );
    expect(duplicatesIn(ENVIRONMENT_PLACEHOLDERS)).toEqual([]);
  });
});

describe('limits of time', () => {
  it('let a stopping runner finish, then cancel, then give up, before its host kills it', () => {
    expect(DRAIN_GRACE_SECONDS).toBeLessThan(DRAIN_FORCE_SECONDS);
    expect(DRAIN_FORCE_SECONDS).toBeLessThan(STOP_TIMEOUT_SECONDS);
    expect(STOP_TIMEOUT_SECONDS).toBeLessThanOrEqual(120); // The most that ECS allows on Fargate.
  });

  it('are five minutes for the life of a task and for the difference of clocks', () => {
    expect([TASK_VALIDITY_SECONDS, CLOCK_TOLERANCE_SECONDS]).toEqual([300, 300]);
  });
});

describe('names', () => {
  it.each([
    ['error codes', ERROR_CODES.map(({ code }) => code)],
    ['workflow types', WORKFLOW_TYPES],
    ['CloudWatch metrics', METRICS.map(({ cloudWatch }) => cloudWatch)],
  ])('of %s are unique', (_, names) => {
    expect(duplicatesIn(names)).toEqual([]);
  });

  it('of error codes are upper case, and each says what it means', () => {
    for (const { code, meaning } of ERROR_CODES) {
      expect(code).toMatch(/^[A-Z]+(_[A-Z]+)*$/);
      expect(meaning).toMatch(/^[A-Z].*\.$/);
    }
  });

  it('of a denied secret stand in the meaning of its code', () => {
    expect(ERROR_CODES.find(({ code }) => code === 'SECRET_ACCESS_DENIED')?.meaning).toContain('cannot access secret manager');
  });

  it('of metrics are those of Prometheus and CloudWatch', () => {
    for (const { prometheus, cloudWatch } of METRICS) {
      expect(prometheus).toMatch(/^axiom_runner_[a-z_]+$/);
      expect(cloudWatch).toMatch(/^([A-Z][a-z]+)+$/);
    }
  });

  it('of the default proxy role obey the rule for proxy roles', () => {
    const pattern = new RegExp(PROXY_ROLE_TEMPLATE.roleNamePattern);
    expect(PROXY_ROLE_TEMPLATE.defaultRoleName).toMatch(pattern);
    expect(PROXY_ROLE_TEMPLATE.defaultRoleName).toContain(PROXY_ROLE_NAME_PART);
    expect('SecretsManagerRole').not.toMatch(pattern);
    expect('axiom-security-role').not.toMatch(pattern);
  });

  it('obey rules that fit a whole text, not a part of it', () => {
    for (const { pattern } of Object.values(nameRules)) expect(pattern).toMatch(/^\^.*\$$/s);
  });

  it.each([
    ['EXTERNAL_ID', nameRules.EXTERNAL_ID, '8f14e45f-ceea', 'two words'],
    ['TRUSTED_PRINCIPAL', nameRules.TRUSTED_PRINCIPAL, 'arn:aws-cn:iam::111122223333:role/a/b', 'arn:aws:iam::111122223333:role/*'],
    ['ROLE_ARN', nameRules.ROLE_ARN, 'arn:aws:iam::111122223333:role/Axiom-Security-1', 'arn:aws:iam::1:role/x'],
    ['KMS_KEY_ARN', nameRules.KMS_KEY_ARN, 'arn:aws:kms:eu-west-1:111122223333:key/ab-1', 'arn:aws:kms:eu-west-1:111122223333:alias/a'],
    ['OIDC_ISSUER', nameRules.OIDC_ISSUER, 'oidc.eks.us-west-2.amazonaws.com/id/EX', 'https://oidc.eks.us-west-2.amazonaws.com/id/EX'],
    ['KUBERNETES_NAMESPACE', nameRules.KUBERNETES_NAMESPACE, 'axiom-1', 'axiom*'],
    ['SERVICE_ACCOUNT_NAME', nameRules.SERVICE_ACCOUNT_NAME, 'axiom.runner', '-axiom'],
  ])('of %s are told from others', (_, { pattern }, good, bad) => {
    expect(good).toMatch(new RegExp(pattern));
    expect(bad).not.toMatch(new RegExp(pattern));
  });
});
