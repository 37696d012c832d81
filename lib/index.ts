export * from './oidc-role-stack';
export * from './secrets-manager-role-stack';
