/** The integration secrets: `axiom-security/<type>/<id>`, each a JSON object of the fields below. Published names; never renamed. */

/** Every integration secret lives under this prefix; the runner's role may read nothing else. */
export const INTEGRATION_SECRET_PREFIX = 'axiom-security/';

/** One field of an integration secret. */
export interface SecretField {
  /** Key in the JSON object. */
  readonly name: string;
  /** What it holds. */
  readonly meaning: string;
  /** Whether its value must never be shown. */
  readonly secret?: boolean;
  /** Whether it may be absent. Every field that is not in the published guide is optional. */
  readonly optional?: boolean;
  /** Texts of the guide that users forget to replace; compared exactly. */
  readonly placeholders?: readonly string[];
}

/** The secret of one kind of system. */
export interface SecretType {
  /** Second part of the secret's name. */
  readonly type: string;
  /** Name that users know. */
  readonly title: string;
  /** What the third part of the secret's name is. */
  readonly id: string;
  readonly fields: readonly SecretField[];
}

const API_BASE_URL: SecretField = { name: 'api_base_url', meaning: 'Base URL of a private or test endpoint.', optional: true };
const SSL_CA: SecretField = {
  name: 'ssl_ca',
  meaning: 'PEM bundle that the server certificate is verified against, in addition to the system roots.',
  optional: true,
};
const SSL_MODE: SecretField = { name: 'ssl_mode', meaning: '"true" requires TLS and verifies the certificate.', optional: true };
/** Fields of the key file of a Google service account, as the Google Cloud console writes it. */
const GOOGLE_KEY_FILE: readonly SecretField[] = [
  { name: 'type', meaning: 'Always service_account.' },
  { name: 'project_id', meaning: 'Project of the service account.' },
  { name: 'private_key_id', meaning: 'Id of the key.' },
  { name: 'private_key', meaning: 'PEM private key.', secret: true },
  { name: 'client_email', meaning: 'E-mail of the service account.' },
  { name: 'client_id', meaning: 'Unique id of the service account.' },
  { name: 'auth_uri', meaning: 'As in the key file.', optional: true },
  { name: 'token_uri', meaning: 'As in the key file.' },
  { name: 'auth_provider_x509_cert_url', meaning: 'As in the key file.', optional: true },
  { name: 'client_x509_cert_url', meaning: 'As in the key file.', optional: true },
];

export const SECRET_TYPES: readonly SecretType[] = [
  {
    type: 'k8s',
    title: 'Kubernetes',
    id: 'API server endpoint',
    fields: [
      { name: 'k8s_cluster_name', meaning: 'Alias of the cluster.', placeholders: ['<Alias>'] },
      { name: 'k8s_fqdn', meaning: 'API server: host, host:port or https URL.', placeholders: ['<API Server Endpoint>'] },
      { name: 'k8s_cert_secret', meaning: 'Service account token.', secret: true, placeholders: ['<Service Account Token>'] },
      { name: 'k8s_cert_authority', meaning: 'CA of the cluster, base64 or PEM.', placeholders: ['<Cluster CA>'] },
    ],
  },
  {
    type: 'postgresql',
    title: 'PostgreSQL',
    id: 'endpoint',
    fields: [
      { name: 'postgresql_hostname', meaning: 'Host name or address.', placeholders: ['<endpoint>'] },
      { name: 'postgresql_username', meaning: 'User that the runner works as.', placeholders: ['<username>'] },
      { name: 'postgresql_password', meaning: 'Password of that user.', secret: true, placeholders: ['<password>'] },
      SSL_MODE,
      SSL_CA,
      { name: 'postgresql_port', meaning: 'Port; 5432 when absent.', optional: true },
      { name: 'postgresql_database', meaning: 'Database that the runner connects to first; postgres when absent.', optional: true },
    ],
  },
  {
    type: 'mysql',
    title: 'MySQL and MariaDB',
    id: 'endpoint',
    fields: [
      { name: 'mysql_hostname', meaning: 'Host name or address.', placeholders: ['<endpoint>'] },
      { name: 'mysql_username', meaning: 'User that the runner works as.', placeholders: ['<username>'] },
      { name: 'mysql_password', meaning: 'Password of that user.', secret: true, placeholders: ['<password>'] },
      SSL_MODE,
      SSL_CA,
      { name: 'mysql_port', meaning: 'Port; 3306 when absent.', optional: true },
    ],
  },
  {
    type: 'okta',
    title: 'Okta',
    id: 'organization subdomain',
    fields: [
      { name: 'okta_domain', meaning: 'Host of the organization, or its bare subdomain.', placeholders: ['<organization_subdomain>'] },
      { name: 'token', meaning: 'API token.', secret: true, placeholders: ['<token>'] },
      API_BASE_URL,
    ],
  },
  {
    type: 'googleworkspace',
    title: 'Google Workspace',
    id: 'customer id',
    fields: [
      ...GOOGLE_KEY_FILE,
      { name: 'customer_id', meaning: 'Customer id.', placeholders: ['<customer_id>'] },
      { name: 'impersonation_email', meaning: 'Administrator that the service account acts as.' },
      API_BASE_URL,
    ],
  },
  {
    type: 'gcp',
    title: 'Google Cloud',
    id: 'organization id',
    fields: [
      ...GOOGLE_KEY_FILE,
      { name: 'gcp_organization_id', meaning: 'Organization id.', placeholders: ['<organization_id>'] },
      API_BASE_URL,
    ],
  },
  {
    type: 'mongodbatlas',
    title: 'MongoDB Atlas',
    id: 'organization id',
    fields: [
      { name: 'mongodbatlas_org_id', meaning: 'Organization id.', placeholders: ['<organization_id>'] },
      { name: 'mongodbatlas_public_key', meaning: 'Public part of the API key.', placeholders: ['<public_key>'] },
      { name: 'mongodbatlas_private_key', meaning: 'Private part of the API key.', secret: true, placeholders: ['<private_key>'] },
      API_BASE_URL,
    ],
  },
  {
    type: 'azuread',
    title: 'Microsoft Entra ID',
    id: 'tenant id',
    fields: [
      { name: 'azuread_tenant_id', meaning: 'Tenant id.', placeholders: ['<tenant_id>'] },
      { name: 'azuread_client_id', meaning: 'Application (client) id.', placeholders: ['<client_id>'] },
      { name: 'azuread_client_secret', meaning: 'Client secret.', secret: true, placeholders: ['<client_secret>'] },
      API_BASE_URL,
    ],
  },
  {
    type: 'jumpcloud',
    title: 'JumpCloud',
    id: 'account id',
    fields: [{ name: 'api_key', meaning: 'API key.', secret: true, placeholders: ['<api_key>'] }, API_BASE_URL],
  },
  {
    type: 'pagerduty',
    title: 'PagerDuty',
    id: 'company name',
    fields: [
      { name: 'pagerduty_api_key', meaning: 'REST API key.', secret: true, placeholders: ['<api_key>'] },
      { name: 'pagerduty_company_name', meaning: 'Subdomain of the account.', placeholders: ['<company_name>'] },
      API_BASE_URL,
    ],
  },
  {
    type: 'github',
    title: 'GitHub',
    id: 'application id',
    fields: [
      { name: 'github_app_identifier', meaning: 'Id of the GitHub App.', placeholders: ['<application_id>'] },
      { name: 'github_installation_id', meaning: 'Id of its installation.', placeholders: ['<application_installation_id>'] },
      { name: 'github_org_name', meaning: 'Organization.', placeholders: ['<organization_name>'] },
      {
        name: 'github_private_key',
        meaning: 'PEM private key of the app.',
        secret: true,
        placeholders: ['<private_key>'],
      },
      API_BASE_URL,
    ],
  },
  {
    type: 'aws',
    title: 'Amazon Web Services',
    id: 'account id',
    fields: [
      { name: 'role_arn', meaning: 'Role that the runner assumes.', placeholders: ['<role_arn>'] },
      { name: 'external_id', meaning: 'External id of that role.', placeholders: ['<external_id>'] },
      {
        name: 'aws_region',
        meaning: 'Region of IAM Identity Center, in which STS is asked too; without it the runner looks for it.',
        optional: true,
      },
      API_BASE_URL,
    ],
  },
];
