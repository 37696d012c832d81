export * from './roles/runner-oidc-role';
export type { RunnerPermissionsOptions } from './roles/runner-permissions';
export * from './roles/secrets-manager-proxy-role';
export * from './runner/runner-host';
export * from './runner/runner-image';
export * from './runner/runner-settings';
export * from './secrets/integration-secret-ref';
