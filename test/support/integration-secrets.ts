import { SecretValue, type Stack } from 'aws-cdk-lib';
import {
  type IIntegrationSecret,
  IntegrationSecret,
  type IntegrationSecretProps,
  type PostgresqlCredentials,
  type PostgresqlSecretProps,
} from '../../constructs';
import { aStack, templateOf, theOne } from './synth';

export const ENDPOINT = 'db.example.com';

/** A value that is in Secrets Manager already. */
export function aStoredValue(jsonField = 'password'): SecretValue {
  return SecretValue.secretsManager('source', { jsonField });
}

export function somePostgresqlCredentials(changes: Partial<PostgresqlCredentials> = {}): PostgresqlCredentials {
  return { username: 'axiom', password: aStoredValue(), ...changes };
}

/** The secret of a PostgreSQL server, empty unless the props say otherwise. */
export function aPostgresqlSecret(stack: Stack, props: Partial<PostgresqlSecretProps> = {}, id = 'Database'): IntegrationSecret {
  return IntegrationSecret.postgresql(stack, id, { systemId: ENDPOINT, ...props });
}

/** What the template says of the only secret in a stack. */
export function theSecretIn(stack: Stack): { readonly [property: string]: unknown } {
  return theOne(templateOf(stack), 'AWS::SecretsManager::Secret');
}

/** The JSON object that the only secret in a stack holds, as far as it is text. */
export function theFieldsIn(stack: Stack): Readonly<Record<string, string>> {
  return JSON.parse(String(theSecretIn(stack)['SecretString']));
}

/** What makes the secret of one kind of system, with every setting that there is. */
export interface Factory {
  /** The method's name. */
  readonly name: string;
  /** Names of the settings that hold a secret. */
  readonly secrets: readonly string[];
  /** Makes the secret; without credentials an empty one. */
  readonly make: (stack: Stack, props: IntegrationSecretProps, credentials?: Readonly<Record<string, unknown>>) => IntegrationSecret;
  /** Every setting; the secret ones are references. */
  readonly everySetting: Readonly<Record<string, unknown>>;
}

type Make = (stack: Stack, id: string, props: IntegrationSecretProps & { readonly credentials?: never }) => IntegrationSecret;

function factory(name: string, make: Make, text: readonly string[], secrets: readonly string[], more: object = {}): Factory {
  const values = [...text.map((setting) => [setting, `some-${setting}`]), ...secrets.map((setting) => [setting, aStoredValue(setting)])];
  return {
    name,
    secrets,
    // Twelve kinds of settings under one type: `never` fits each of them, and what is passed is checked by the tests.
    make: (stack, props, credentials) => make(stack, 'Secret', { ...props, credentials: credentials as never }),
    everySetting: { ...Object.fromEntries(values), ...more },
  };
}

const KEY_FILE = [
  'projectId',
  'privateKeyId',
  'clientEmail',
  'clientId',
  'tokenUri',
  'authUri',
  'authProviderX509CertUrl',
  'clientX509CertUrl',
];
const TLS = { sslMode: true };

/** The factory of each type of the catalogue. */
export const FACTORIES: Readonly<Record<string, Factory>> = {
  k8s: factory('k8s', IntegrationSecret.k8s, ['clusterName', 'fqdn', 'certAuthority'], ['certSecret']),
  postgresql: factory('postgresql', IntegrationSecret.postgresql, ['hostname', 'username', 'sslCa', 'database'], ['password'], {
    ...TLS,
    port: 5433,
  }),
  mysql: factory('mysql', IntegrationSecret.mysql, ['hostname', 'username', 'sslCa'], ['password'], { ...TLS, port: 3307 }),
  okta: factory('okta', IntegrationSecret.okta, ['domain', 'apiBaseUrl'], ['token']),
  googleworkspace: factory(
    'googleWorkspace',
    IntegrationSecret.googleWorkspace,
    [...KEY_FILE, 'customerId', 'impersonationEmail', 'apiBaseUrl'],
    ['privateKey'],
  ),
  gcp: factory('gcp', IntegrationSecret.gcp, [...KEY_FILE, 'organizationId', 'apiBaseUrl'], ['privateKey']),
  mongodbatlas: factory('mongodbAtlas', IntegrationSecret.mongodbAtlas, ['orgId', 'publicKey', 'apiBaseUrl'], ['privateKey']),
  azuread: factory('azureAd', IntegrationSecret.azureAd, ['tenantId', 'clientId', 'apiBaseUrl'], ['clientSecret']),
  jumpcloud: factory('jumpCloud', IntegrationSecret.jumpCloud, ['apiBaseUrl'], ['apiKey']),
  pagerduty: factory('pagerDuty', IntegrationSecret.pagerDuty, ['companyName', 'apiBaseUrl'], ['apiKey']),
  github: factory('github', IntegrationSecret.github, ['appIdentifier', 'installationId', 'orgName', 'apiBaseUrl'], ['privateKey']),
  aws: factory('aws', IntegrationSecret.aws, ['roleArn', 'externalId', 'region', 'apiBaseUrl'], []),
};

/** A reference to the secret of a PostgreSQL server that exists. */
export function anImportedSecret(stack: Stack, attributes: { readonly secretArn?: string } = {}): IIntegrationSecret {
  return IntegrationSecret.fromIntegrationSecretAttributes(stack, 'Imported', {
    systemType: 'postgresql',
    systemId: ENDPOINT,
    ...attributes,
  });
}

/** The text that a shell would pass to the program behind an option of a command without expansions. */
export function optionOf(command: string, option: string): string {
  const [, double, single, bare] = new RegExp(`${option} (?:"([^"]*)"|'([^']*)'|(\\S+))`).exec(command) ?? [];
  return double ?? single ?? bare ?? '';
}

/** A stack with nothing but one secret. */
export function aStackWith(factoryOfType: Factory, systemId: string, credentials?: Readonly<Record<string, unknown>>): Stack {
  const stack = aStack();
  factoryOfType.make(stack, { systemId }, credentials);
  return stack;
}
