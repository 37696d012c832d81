import { Fn, Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { OidcIssuer } from './oidc-issuer';

/** Audience of the tokens that EKS gives to pods: the same in every partition, China included. */
const STS_AUDIENCE = 'sts.amazonaws.com';
const ASSUME_WITH_WEB_IDENTITY = 'sts:AssumeRoleWithWebIdentity';

/** One service account of one cluster. */
export interface ClusterServiceAccount extends OidcIssuer {
  readonly namespace: string;
  readonly serviceAccountName: string;
}

/**
 * A role that one service account assumes with its projected token. Subject and audience must be equal; there are no patterns.
 * @see https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html
 */
export function serviceAccountRole(
  scope: Construct,
  id: string,
  account: ClusterServiceAccount,
  props: Omit<iam.RoleProps, 'assumedBy'>,
): iam.Role {
  if (!Token.isUnresolved(account.issuer)) {
    const conditions = trustConditions(account.issuer, account.namespace, account.serviceAccountName);
    return new iam.Role(scope, id, {
      ...props,
      assumedBy: new iam.FederatedPrincipal(account.providerArn, conditions, ASSUME_WITH_WEB_IDENTITY),
    });
  }
  const role = new iam.Role(scope, id, {
    ...props,
    assumedBy: new iam.FederatedPrincipal(account.providerArn, {}, ASSUME_WITH_WEB_IDENTITY),
  });
  const resource = role.node.defaultChild;
  // With iam.Role.customizeRoles() there may be none: the role is made by somebody else then.
  if (resource instanceof iam.CfnRole) {
    resource.assumeRolePolicyDocument = trustPolicyText(account);
    role.node.addValidation({ validate: () => trustExtensions(role) });
  }
  return role;
}

function trustConditions(issuer: string, namespace: string, serviceAccountName: string): iam.Conditions {
  return {
    StringEquals: { [`${issuer}:aud`]: STS_AUDIENCE, [`${issuer}:sub`]: `system:serviceaccount:${namespace}:${serviceAccountName}` },
  };
}

/**
 * The trust policy for an issuer that is known only at deployment: a template's parameter, or a provider in the same template.
 * A reference can't be a key in CloudFormation, and the condition keys begin with the issuer: so the policy is text that CloudFormation
 * puts the issuer into.
 */
function trustPolicyText({ providerArn, issuer, namespace, serviceAccountName }: ClusterServiceAccount): string {
  const [Arn, Issuer, Namespace, Name] = ['ProviderArn', 'Issuer', 'Namespace', 'ServiceAccountName'].map((name) => `$\{${name}}`);
  const Statement = [
    {
      Effect: 'Allow',
      Action: ASSUME_WITH_WEB_IDENTITY,
      Principal: { Federated: Arn },
      Condition: trustConditions(Issuer, Namespace, Name),
    },
  ];
  return Fn.sub(JSON.stringify({ Version: '2012-10-17', Statement }), {
    ProviderArn: providerArn,
    Issuer: issuer,
    Namespace: namespace,
    ServiceAccountName: serviceAccountName,
  });
}

/** Statements that somebody adds to the role's trust policy would be lost beside the text; silence would be worse. */
function trustExtensions(role: iam.Role): string[] {
  return role.assumeRolePolicy?.statementCount === 1
    ? []
    : ['The trust policy of this role is fixed, because its issuer is known only at deployment: make a role of your own for others.'];
}
