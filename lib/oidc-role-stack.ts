import { Fn, Stack, type StackProps } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { RunnerOidcRole } from '../constructs';
import { checkedSetting } from '../constructs/checks/setting-check';
import { everyProxyRoleArn } from '../constructs/roles/runner-permissions';
import { OIDC_ROLE_TEMPLATE, PROXY_ROLE_NAME_PART } from '../contract/cloudformation';
import { DEFAULT_SERVICE_ACCOUNT } from '../contract/kubernetes';
import { KUBERNETES_NAMESPACE, OIDC_ISSUER, OIDC_PROVIDER_ARN, ROLE_ARN, ROLE_NAME, SERVICE_ACCOUNT_NAME } from '../contract/name-rules';
import { hideConstructPaths, standalone } from './standalone-template';
import { isGiven, templateOutput, templateParameter } from './template-sections';

const { parameters, outputs } = OIDC_ROLE_TEMPLATE;

/** Settings of an `OidcRoleStack`. What is left out becomes a parameter of the template. */
export interface OidcRoleStackProps extends StackProps {
  /**
   * Namespace that the runner is deployed to.
   * @default - the template's parameter `KubernetesNamespace`, by default `axiom`
   */
  readonly kubernetesNamespace?: string;

  /**
   * Service account that the runner's pods have.
   * @default - the template's parameter `ServiceAccountName`, by default `axiom-runner`
   */
  readonly serviceAccountName?: string;

  /**
   * Name of the role.
   * @default - the template's parameter `RoleName`, by default `axiomrunner-role`
   */
  readonly roleName?: string;

  /**
   * Issuer of the cluster's tokens, with or without `https://`.
   * @default - the template's parameter `OIDCProviderURL`
   */
  readonly oidcProviderUrl?: string;

  /**
   * ARN of the cluster's OpenID Connect provider.
   * @default - the template's parameter `OIDCProviderARN`
   */
  readonly oidcProviderArn?: string;

  /**
   * ARN of the one proxy role that the runner may assume.
   * @default - the template's parameter `ProxyRoleArn`, by default empty: every role whose name contains `Axiom-Security`
   */
  readonly proxyRoleArn?: string;
}

/**
 * The role of a runner in an EKS cluster, in the account of the cluster.
 * Needs no bootstrapped environment; pass a `synthesizer` of your own to deploy through a pipeline.
 */
export class OidcRoleStack extends Stack {
  /** The role that the stack makes. */
  public readonly runnerRole: RunnerOidcRole;

  constructor(scope: Construct, id: string, props: OidcRoleStackProps = {}) {
    super(scope, id, standalone(props, 'Axiom Runner: role of the runner in an EKS cluster'));
    hideConstructPaths(this);
    this.runnerRole = new RunnerOidcRole(this, 'RunnerRole', {
      kubernetesNamespace: props.kubernetesNamespace ?? namespaceParameter(this),
      serviceAccountName: props.serviceAccountName ?? serviceAccountParameter(this),
      roleName: props.roleName ?? roleNameParameter(this),
      oidcProviderUrl: props.oidcProviderUrl ?? providerUrlParameter(this),
      oidcProviderArn: props.oidcProviderArn ?? providerArnParameter(this),
      proxyRole: importedProxyRole(this, props.proxyRoleArn ?? proxyRoleArnIfGiven(this)),
    });
    templateOutput(this, outputs.roleArn, this.runnerRole.roleArn, "ARN of the runner's role: replaces <IAM_ROLE_HERE> in the manifest");
  }
}

function namespaceParameter(stack: Stack): string {
  const description = 'The namespace that the runner is deployed to.';
  const { defaultNamespace } = OIDC_ROLE_TEMPLATE;
  return templateParameter(stack, parameters.kubernetesNamespace, KUBERNETES_NAMESPACE, description, defaultNamespace).valueAsString;
}

function serviceAccountParameter(stack: Stack): string {
  const description = "The service account of the runner's pods.";
  return templateParameter(stack, parameters.serviceAccountName, SERVICE_ACCOUNT_NAME, description, DEFAULT_SERVICE_ACCOUNT).valueAsString;
}

function roleNameParameter(stack: Stack): string {
  const { defaultRoleName } = OIDC_ROLE_TEMPLATE;
  return templateParameter(stack, parameters.roleName, ROLE_NAME, 'Name of the role that is made.', defaultRoleName).valueAsString;
}

function providerUrlParameter(stack: Stack): string {
  const description = "URL of the cluster's OIDC provider, without https://.";
  return templateParameter(stack, parameters.oidcProviderUrl, OIDC_ISSUER, description).valueAsString;
}

function providerArnParameter(stack: Stack): string {
  const description = "ARN of the cluster's OIDC provider; it ends with the URL.";
  return templateParameter(stack, parameters.oidcProviderArn, OIDC_PROVIDER_ARN, description).valueAsString;
}

function importedProxyRole(stack: Stack, roleArn: string): iam.IRole {
  const checked = checkedSetting(stack, 'proxyRoleArn', roleArn, ROLE_ARN);
  return iam.Role.fromRoleArn(stack, 'ProxyRole', checked, { mutable: false });
}

function proxyRoleArnIfGiven(stack: Stack): string {
  const description = `ARN of the one proxy role that the runner may assume. Empty: every role whose name contains ${PROXY_ROLE_NAME_PART}.`;
  const parameter = templateParameter(stack, parameters.proxyRoleArn, ROLE_ARN, description, '');
  return Fn.conditionIf(isGiven(parameter).logicalId, parameter.valueAsString, everyProxyRoleArn(stack)).toString();
}
