import { Arn, Stack, Token } from 'aws-cdk-lib';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';
import { OIDC_ISSUER, OIDC_PROVIDER_ARN } from '../contract/name-rules';
import { checkedSetting, invalidSetting } from './setting-check';

/** How a user names the OpenID Connect provider of a cluster. */
export interface OidcProviderSettings {
  readonly oidcProvider?: iam.IOIDCProviderRef;
  readonly oidcProviderUrl?: string;
  readonly oidcProviderArn?: string;
}

/** An OpenID Connect provider as a trust policy names it. */
export interface OidcIssuer {
  readonly providerArn: string;
  /** Issuer without scheme: what IAM's condition keys begin with. */
  readonly issuer: string;
}

/** The provider's ARN and issuer, each derived from the other where only one is given. */
export function oidcIssuer(scope: IConstruct, settings: OidcProviderSettings): OidcIssuer {
  const { oidcProvider, oidcProviderUrl, oidcProviderArn } = settings;
  const byUrlOrArn = oidcProviderUrl !== undefined || oidcProviderArn !== undefined;
  if (byUrlOrArn === (oidcProvider !== undefined)) {
    throw invalidSetting(
      scope,
      'oidcProvider',
      byUrlOrArn ? 'given together with oidcProviderUrl or oidcProviderArn' : 'missing, and so are oidcProviderUrl and oidcProviderArn',
      'oidcProvider, or oidcProviderUrl and oidcProviderArn, or one of these two',
      'Pass "cluster.openIdConnectProvider", or what "aws eks describe-cluster --query cluster.identity.oidc.issuer" prints as oidcProviderUrl.',
    );
  }
  if (oidcProvider !== undefined) {
    const providerArn = oidcProvider.oidcProviderRef.oidcProviderArn;
    return { providerArn, issuer: issuerOf(providerArn) };
  }
  const issuer =
    oidcProviderUrl === undefined ? undefined : checkedSetting(scope, 'oidcProviderUrl', withoutScheme(oidcProviderUrl), OIDC_ISSUER);
  const providerArn =
    oidcProviderArn === undefined ? undefined : checkedSetting(scope, 'oidcProviderArn', oidcProviderArn, OIDC_PROVIDER_ARN);
  if (issuer !== undefined && providerArn !== undefined) {
    checkSameIssuer(scope, issuer, providerArn);
  }
  return {
    providerArn: providerArn ?? Stack.of(scope).formatArn({ service: 'iam', region: '', resource: 'oidc-provider', resourceName: issuer }),
    issuer: issuer ?? issuerOf(providerArn as string),
  };
}

/** An issuer's URL as IAM's condition keys spell it. A token stays as it is. */
export function withoutScheme(url: string): string {
  return url.replace(/^https:\/\//i, '');
}

function issuerOf(providerArn: string): string {
  return Arn.extractResourceName(providerArn, 'oidc-provider');
}

/** A role that names one provider and another's issuer can't be assumed by anybody: better said here than found out in the pod. */
function checkSameIssuer(scope: IConstruct, issuer: string, providerArn: string): void {
  if (Token.isUnresolved(issuer) || Token.isUnresolved(providerArn) || issuerOf(providerArn) === issuer) {
    return;
  }
  throw invalidSetting(
    scope,
    'oidcProviderUrl',
    JSON.stringify(issuer),
    `the issuer that oidcProviderArn ends with, ${issuerOf(providerArn)}`,
    "Pass the URL and the ARN of one and the same cluster's provider, or only one of them.",
  );
}
