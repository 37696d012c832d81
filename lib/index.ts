export * from './ec2-runner-stack';
export * from './ecs-runner-stack';
export * from './oidc-role-stack';
export * from './secrets-manager-role-stack';
