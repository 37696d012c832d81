import type { App, Stack } from 'aws-cdk-lib';
import { OidcRoleStack, SecretsManagerRoleStack } from '../lib';
import type { Host } from './setting-table';
import type { AppSettings } from './settings';

type StacksOf = (app: App, settings: AppSettings) => Stack[];

/** The stacks that the settings ask for. */
export const stacksOf: StacksOf = (app, settings) => STACKS_BY_HOST[settings.host](app, settings);

/** Without a runner: its roles, for runners that are installed by hand, by chart or by manifest. */
const roles: StacksOf = (app, settings) => [
  new SecretsManagerRoleStack(app, 'AxiomSecretsManagerRole', {
    externalId: settings.externalId,
    trustedPrincipalArn: settings.trustedPrincipalArn,
    roleName: settings.proxyRoleName,
    kmsKeyArn: settings.kmsKeyArn,
  }),
  new OidcRoleStack(app, 'AxiomOidcRole', {
    kubernetesNamespace: settings.kubernetesNamespace,
    serviceAccountName: settings.serviceAccountName,
    roleName: settings.runnerRoleName,
    oidcProviderUrl: settings.oidcProviderUrl,
    oidcProviderArn: settings.oidcProviderArn,
    proxyRoleArn: settings.proxyRoleArn,
  }),
];

const STACKS_BY_HOST: Readonly<Record<Host, StacksOf>> = { ecs: roles, ec2: roles, eks: roles, none: roles };
