export * from './runner-oidc-role';
export type { RunnerPermissionsOptions } from './runner-permissions';
export * from './secrets-manager-proxy-role';
