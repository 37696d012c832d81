export * from './ec2-runner-stack';
export * from './ecs-runner-stack';
export * from './eks-runner-stack';
export * from './oidc-role-stack';
export * from './runner-stack-props';
export * from './secrets-manager-role-stack';
