import { CONTEXT_KEYS, readSettings, SettingsError } from '../../bin/settings';
import { EXTERNAL_ID, ISSUER, KEY_ARN, PROVIDER_ARN, PROXY_ROLE_ARN, RUNNER_ROLE_ARN } from '../support/roles';
import { refusalOf } from '../support/synth';

const refusal = (context: Record<string, unknown>) => refusalOf(() => readSettings(context));

it('leaves everything to template parameters without context', () => {
  const { secretsManagerRole, oidcRole } = readSettings({});
  expect([...Object.values(secretsManagerRole), ...Object.values(oidcRole)].filter((value) => value !== undefined)).toEqual([]);
});

it('reads each setting into its stack', () => {
  const context = {
    'axiom:externalId': EXTERNAL_ID,
    'axiom:trustedPrincipalArn': RUNNER_ROLE_ARN,
    'axiom:proxyRoleName': 'Axiom-Security-Store',
    'axiom:kmsKeyArn': KEY_ARN,
    'axiom:kubernetesNamespace': 'access',
    'axiom:serviceAccountName': 'runner',
    'axiom:runnerRoleName': 'runner-role',
    'axiom:oidcProviderUrl': `https://${ISSUER}`,
    'axiom:oidcProviderArn': PROVIDER_ARN,
    'axiom:proxyRoleArn': PROXY_ROLE_ARN,
  };
  expect(Object.keys(context)).toEqual(CONTEXT_KEYS);
  expect(readSettings(context)).toEqual({
    secretsManagerRole: {
      externalId: EXTERNAL_ID,
      trustedPrincipalArn: RUNNER_ROLE_ARN,
      roleName: 'Axiom-Security-Store',
      kmsKeyArn: KEY_ARN,
    },
    oidcRole: {
      kubernetesNamespace: 'access',
      serviceAccountName: 'runner',
      roleName: 'runner-role',
      oidcProviderUrl: `https://${ISSUER}`,
      oidcProviderArn: PROVIDER_ARN,
      proxyRoleArn: PROXY_ROLE_ARN,
    },
  });
});

it('leaves the context of others alone', () => {
  expect(readSettings({ '@aws-cdk/core:newStyleStackSynthesis': true, 'vpc-provider:account=1': {} })).toEqual(readSettings({}));
});

it.each([
  ['axiom:externalId', '<external-id>', 'is "<external-id>". Allowed: 2 to 1224 letters', 'Make up one that nobody else uses'],
  ['axiom:trustedPrincipalArn', '*', 'is "*". Allowed: the ARN of one role, user or account', "Pass the ARN of the runner's role"],
  ['axiom:proxyRoleName', 'Store', 'is "Store". Allowed: 1 to 64 letters', 'add Axiom-Security'],
  ['axiom:kmsKeyArn', 'alias/x', 'is "alias/x". Allowed: the ARN of one key', 'Copy "KeyMetadata.Arn"'],
  ['axiom:kubernetesNamespace', '*', 'is "*". Allowed: 1 to 63 small letters', 'Name exactly one namespace'],
  ['axiom:serviceAccountName', '*', 'is "*". Allowed: 1 to 253 small letters', 'Name exactly one service account'],
  ['axiom:runnerRoleName', 'a b', 'is "a b". Allowed: 1 to 64 letters', 'Shorten the name'],
  ['axiom:oidcProviderUrl', 'ftp://x', 'is "ftp://x". Allowed: the URL without https://', 'Remove https://'],
  ['axiom:oidcProviderArn', 'x', 'is "x". Allowed: the ARN of an OIDC provider', 'Copy it from'],
  ['axiom:proxyRoleArn', '', 'is empty. Allowed: the ARN of one role', 'Copy it from'],
])('names %s, what it may be, and the mend', (key, value, fault, mend) => {
  const message = refusal({ [key]: value });
  expect(message).toContain(`${key} ${fault}`);
  expect(message).toContain(mend);
});

it('refuses a misspelt setting and lists the right ones', () => {
  expect(refusal({ 'axiom:externalID': EXTERNAL_ID })).toContain(
    `axiom:externalID is not a setting. Allowed: ${CONTEXT_KEYS.join(', ')}. Correct its spelling or remove it.`,
  );
});

it.each([[111122223333], [true], [['a']], [null]])('refuses %p, which is not a text', (value) => {
  expect(refusal({ 'axiom:externalId': value })).toContain(`axiom:externalId is ${JSON.stringify(value)}, not a text.`);
});

it('lists every fault in one message', () => {
  const message = refusal({ 'axiom:externalId': 'a', 'axiom:kubernetesNamespace': '*', 'axiom:x': '' });
  expect(message.split('\n')).toHaveLength(4);
});

it('throws an error of its own kind, so that the app can say it without a stack trace', () => {
  expect(() => readSettings({ 'axiom:x': '' })).toThrow(SettingsError);
});
