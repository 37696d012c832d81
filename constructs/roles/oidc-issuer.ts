import { Arn, Stack, Token } from 'aws-cdk-lib';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';
import { OIDC_ISSUER, OIDC_PROVIDER_ARN } from '../../contract/name-rules';
import { checkedSetting, invalidSetting } from '../checks/setting-check';

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

const ALLOWED = 'oidcProvider, or oidcProviderUrl and oidcProviderArn, or one of these two';
const FIX =
  'Pass "cluster.openIdConnectProvider", or what "aws eks describe-cluster --query cluster.identity.oidc.issuer" prints as oidcProviderUrl.';

/** The provider's ARN and issuer, each derived from the other where only one is given. */
export function oidcIssuer(scope: IConstruct, { oidcProvider, oidcProviderUrl, oidcProviderArn }: OidcProviderSettings): OidcIssuer {
  if (oidcProvider !== undefined) {
    if (oidcProviderUrl !== undefined || oidcProviderArn !== undefined) {
      throw invalidSetting(scope, 'oidcProvider', 'given together with oidcProviderUrl or oidcProviderArn', ALLOWED, FIX);
    }
    return issuedBy(oidcProvider.oidcProviderRef.oidcProviderArn);
  }
  const providerArn =
    oidcProviderArn === undefined ? undefined : checkedSetting(scope, 'oidcProviderArn', oidcProviderArn, OIDC_PROVIDER_ARN);
  if (oidcProviderUrl === undefined) {
    if (providerArn === undefined) {
      throw invalidSetting(scope, 'oidcProvider', 'missing, and so are oidcProviderUrl and oidcProviderArn', ALLOWED, FIX);
    }
    return issuedBy(providerArn);
  }
  const issuer = checkedSetting(scope, 'oidcProviderUrl', withoutScheme(oidcProviderUrl), OIDC_ISSUER);
  if (providerArn === undefined) {
    return { providerArn: arnOf(scope, issuer), issuer };
  }
  checkSameIssuer(scope, issuer, providerArn);
  return { providerArn, issuer };
}

/** An issuer's URL as IAM's condition keys spell it. A token stays as it is. */
export function withoutScheme(url: string): string {
  return url.replace(/^https:\/\//i, '');
}

function issuedBy(providerArn: string): OidcIssuer {
  return { providerArn, issuer: Arn.extractResourceName(providerArn, 'oidc-provider') };
}

function arnOf(scope: IConstruct, issuer: string): string {
  return Stack.of(scope).formatArn({ service: 'iam', region: '', resource: 'oidc-provider', resourceName: issuer });
}

/** A role that names one provider and another's issuer can't be assumed by anybody: better said here than found out in the pod. */
function checkSameIssuer(scope: IConstruct, issuer: string, providerArn: string): void {
  if (Token.isUnresolved(issuer) || Token.isUnresolved(providerArn)) {
    return;
  }
  const expected = issuedBy(providerArn).issuer;
  if (issuer === expected) {
    return;
  }
  throw invalidSetting(
    scope,
    'oidcProviderUrl',
    JSON.stringify(issuer),
    `the issuer that oidcProviderArn ends with, ${expected}`,
    "Pass the URL and the ARN of one and the same cluster's provider, or only one of them.",
  );
}
