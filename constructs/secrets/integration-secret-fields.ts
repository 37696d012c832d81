import { SecretValue, Token, Tokenization } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { SecretField, SecretType } from '../../contract/secrets';
import { checkedCount, checkedSetting } from '../checks/setting-check';
import { checkedSecretValue } from './secret-value-check';

/** Fields that hold the id of the system. */
const ID_FIELDS: ReadonlySet<string> = new Set([
  'k8s_fqdn',
  'postgresql_hostname',
  'mysql_hostname',
  'okta_domain',
  'customer_id',
  'gcp_organization_id',
  'mongodbatlas_org_id',
  'azuread_tenant_id',
  'pagerduty_company_name',
  'github_app_identifier',
]);

/** Fields that are the same in the key file of every Google service account of the public cloud. */
const KEY_FILE_VALUES: Readonly<Record<string, string>> = {
  type: 'service_account',
  token_uri: 'https://oauth2.googleapis.com/token',
};

const HIGHEST_PORT = 65_535;

/**
 * The JSON object of an integration secret. Throws when a required field is missing, and when a secret field is not a reference.
 * @param credentials settings by their names: those of the fields without the kind of system, in camel case
 */
export function secretFields(scope: IConstruct, type: SecretType, systemId: string, credentials: object): Record<string, SecretValue> {
  const settings = new Map<string, unknown>(Object.entries(credentials));
  const fields: Record<string, SecretValue> = {};
  for (const field of type.fields) {
    const name = settingOf(type, field);
    const setting = `credentials.${name}`;
    const value = settings.get(name) ?? defaultOf(field, systemId);
    if (value === undefined && field.optional === true) continue;
    fields[field.name] = field.secret === true ? checkedSecretValue(scope, setting, value) : plainText(scope, setting, value, field);
  }
  return fields;
}

/** The JSON text that a person completes: placeholders stand for what only they know. */
export function fieldsToFill(type: SecretType, systemId: string): string {
  const required = type.fields.filter(({ optional }) => optional !== true);
  return JSON.stringify(
    Object.fromEntries(
      required.map((field) => [field.name, defaultOf(field, systemId) ?? field.placeholders?.[0] ?? `<${settingOf(type, field)}>`]),
    ),
  );
}

/** `postgresql_hostname` is set as `hostname`, `api_key` as `apiKey`. */
function settingOf({ type }: SecretType, { name }: SecretField): string {
  return name.replace(`${type}_`, '').replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function defaultOf({ name }: SecretField, systemId: string): string | undefined {
  return ID_FIELDS.has(name) ? systemId : KEY_FILE_VALUES[name];
}

/** A field that is no secret. Numbers and booleans become text. */
function plainText(scope: IConstruct, setting: string, value: unknown, field: SecretField): SecretValue {
  const text = typeof value === 'number' ? portText(scope, setting, value) : value === undefined ? '' : String(value);
  return SecretValue.unsafePlainText(
    checkedSetting(scope, setting, text, {
      pattern: '',
      placeholders: field.placeholders?.map((placeholder) => placeholder.toLowerCase()),
      allowed: field.meaning.replace(/\.$/, ''),
      fix: 'Give your own value, or leave out credentials and fill the secret after its deployment.',
    }),
  );
}

/** A port is the only number there is. */
function portText(scope: IConstruct, setting: string, port: number): string {
  if (Token.isUnresolved(port)) {
    return Tokenization.stringifyNumber(port);
  }
  return String(checkedCount(scope, setting, port, 1, HIGHEST_PORT, 'Correct the port.'));
}
