/** Names in the published CloudFormation templates. */

/** Text that the name of every proxy role contains; runners may assume no other role. */
export const PROXY_ROLE_NAME_PART = 'Axiom-Security';

/** Template of the Secrets Manager proxy role. */
export const PROXY_ROLE_TEMPLATE = {
  parameters: { externalId: 'ExternalId', roleName: 'RoleName', trustedPrincipalArn: 'TrustedPrincipalArn', kmsKeyArn: 'KmsKeyArn' },
  outputs: { roleArn: 'RoleArn', externalId: 'ExternalId' },
  defaultRoleName: 'Axiom-Security-SecretsManagerRole',
  /** CloudFormation `AllowedPattern`: an IAM role name that contains `Axiom-Security`. */
  roleNamePattern: '^[\\w+=,.@-]*Axiom-Security[\\w+=,.@-]*$',
} as const;

/** Template of the role for service accounts of an EKS cluster. */
export const OIDC_ROLE_TEMPLATE = {
  parameters: {
    kubernetesNamespace: 'KubernetesNamespace',
    roleName: 'RoleName',
    oidcProviderUrl: 'OIDCProviderURL',
    oidcProviderArn: 'OIDCProviderARN',
    serviceAccountName: 'ServiceAccountName',
    proxyRoleArn: 'ProxyRoleArn',
  },
  outputs: { roleArn: 'AxiomRunnerIAMRole' },
  defaultNamespace: 'axiom',
  defaultRoleName: 'axiomrunner-role',
} as const;
