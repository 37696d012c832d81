import { withoutScheme } from '../constructs/roles/oidc-issuer';
import { faultOf } from '../constructs/checks/setting-check';
import {
  EXTERNAL_ID,
  KMS_KEY_ARN,
  KUBERNETES_NAMESPACE,
  type NameRule,
  OIDC_ISSUER,
  OIDC_PROVIDER_ARN,
  PROXY_ROLE_NAME,
  ROLE_ARN,
  ROLE_NAME,
  SERVICE_ACCOUNT_NAME,
  TRUSTED_PRINCIPAL,
} from '../contract/name-rules';
import type { OidcRoleStackProps, SecretsManagerRoleStackProps } from '../lib';

/** The app's settings have names of their own among all the context of the CDK. */
export const CONTEXT_PREFIX = 'axiom:';

/** What the app deploys, as far as the context says; what it doesn't say becomes a parameter of the template. */
export interface AppSettings {
  readonly secretsManagerRole: SecretsManagerRoleStackProps;
  readonly oidcRole: OidcRoleStackProps;
}

/** One message that lists every wrong setting. */
export class SettingsError extends Error {}

/** Context keys (behind the prefix) and what each may be. */
const RULES = {
  externalId: EXTERNAL_ID,
  trustedPrincipalArn: TRUSTED_PRINCIPAL,
  proxyRoleName: PROXY_ROLE_NAME,
  kmsKeyArn: KMS_KEY_ARN,
  kubernetesNamespace: KUBERNETES_NAMESPACE,
  serviceAccountName: SERVICE_ACCOUNT_NAME,
  runnerRoleName: ROLE_NAME,
  oidcProviderUrl: OIDC_ISSUER,
  oidcProviderArn: OIDC_PROVIDER_ARN,
  proxyRoleArn: ROLE_ARN,
} as const satisfies Record<string, NameRule>;

type SettingName = keyof typeof RULES;

/** Names of all settings, with their prefix. */
export const CONTEXT_KEYS: readonly string[] = Object.keys(RULES).map((name) => CONTEXT_PREFIX + name);

/**
 * Reads the settings from the context of the app.
 * @param context everything from cdk.json, cdk.context.json and `--context`
 * @throws SettingsError when a setting is unknown, not a text, or breaks its rule
 */
export function readSettings(context: Readonly<Record<string, unknown>>): AppSettings {
  const faults = Object.keys(context)
    .filter(isOurs)
    .flatMap((key) => faultOfSetting(key, context[key]));
  if (faults.length > 0) {
    throw new SettingsError(['The settings in the context are wrong:', ...faults.map((fault) => `  ${fault}`)].join('\n'));
  }
  const setting = (name: SettingName) => context[CONTEXT_PREFIX + name] as string | undefined;
  return {
    secretsManagerRole: {
      externalId: setting('externalId'),
      trustedPrincipalArn: setting('trustedPrincipalArn'),
      roleName: setting('proxyRoleName'),
      kmsKeyArn: setting('kmsKeyArn'),
    },
    oidcRole: {
      kubernetesNamespace: setting('kubernetesNamespace'),
      serviceAccountName: setting('serviceAccountName'),
      roleName: setting('runnerRoleName'),
      oidcProviderUrl: setting('oidcProviderUrl'),
      oidcProviderArn: setting('oidcProviderArn'),
      proxyRoleArn: setting('proxyRoleArn'),
    },
  };
}

function isOurs(key: string): boolean {
  return key.startsWith(CONTEXT_PREFIX);
}

function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(RULES, name);
}

function faultOfSetting(key: string, value: unknown): string[] {
  const name = key.slice(CONTEXT_PREFIX.length);
  if (!isSettingName(name)) {
    return [`${key} is not a setting. Allowed: ${CONTEXT_KEYS.join(', ')}. Correct its spelling or remove it.`];
  }
  const { allowed, fix } = RULES[name];
  if (typeof value !== 'string') {
    return [`${key} is ${JSON.stringify(value)}, not a text. Allowed: ${allowed}. Put it in quotes.`];
  }
  const fault = faultOf(name === 'oidcProviderUrl' ? withoutScheme(value) : value, RULES[name]);
  return fault === undefined ? [] : [`${key} is ${fault}. Allowed: ${allowed}. ${fix}`];
}
