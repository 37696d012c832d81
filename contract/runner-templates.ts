/** Names in the CloudFormation templates that deploy a runner, and what their parameters take. */

import { type NameRule, PLATFORM_ID } from './name-rules';

/** Parameters that every template with a runner has. */
export const RUNNER_PARAMETERS = {
  tenantId: 'TenantId',
  runnerGroupId: 'RunnerGroupId',
  apiKeySecretArn: 'ApiKeySecretArn',
  controlPlaneAddress: 'ControlPlaneAddress',
  proxyRoleArn: 'ProxyRoleArn',
  proxyRoleExternalId: 'ProxyRoleExternalId',
} as const;

/** Template of a runner on Amazon ECS. */
export const ECS_RUNNER_TEMPLATE = {
  parameters: {
    ...RUNNER_PARAMETERS,
    imageUri: 'ImageUri',
    vpcId: 'VpcId',
    subnetIds: 'SubnetIds',
    desiredCount: 'DesiredCount',
  },
  outputs: {
    roleArn: 'RunnerRoleArn',
    clusterName: 'ClusterName',
    serviceName: 'ServiceName',
    logGroupName: 'LogGroupName',
    logsCommand: 'LogsCommand',
    doctorCommand: 'DoctorCommand',
    updateCommand: 'UpdateCommand',
  },
} as const;

/** Template of a runner on Amazon EC2. */
export const EC2_RUNNER_TEMPLATE = {
  parameters: {
    ...RUNNER_PARAMETERS,
    artifactUrl: 'ArtifactUrl',
    artifactSha256: 'ArtifactSha256',
    vpcId: 'VpcId',
    subnetIds: 'SubnetIds',
    instanceType: 'InstanceType',
    imageId: 'ImageId',
    desiredCapacity: 'DesiredCapacity',
  },
  outputs: {
    roleArn: 'RunnerRoleArn',
    autoScalingGroupName: 'AutoScalingGroupName',
    logGroupName: 'LogGroupName',
    logsCommand: 'LogsCommand',
    doctorCommand: 'DoctorCommand',
    updateCommand: 'UpdateCommand',
  },
} as const;

/**
 * A platform id as a parameter, whose value nothing escapes: it goes into an env file, where quotes and # may not stand first, and into
 * JSON.
 */
export const PLATFORM_ID_PARAMETER: NameRule = {
  ...PLATFORM_ID,
  pattern: '^[^\\s/"\\\\\'#][^\\s/"\\\\]*$',
  allowed: '1 to 255 characters without blank, slash, backslash and double quote, no quote and no # in front',
};

/** ARN of a secret, with the six characters that AWS appends. */
export const SECRET_ARN: NameRule = {
  pattern: '^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[\\w/+=.@-]+-[A-Za-z0-9]{6}$',
  allowed: 'the ARN of one secret, arn:<partition>:secretsmanager:<region>:<account>:secret:<name>-<six characters>',
  fix: 'Copy "ARN" from what "aws secretsmanager describe-secret" prints.',
};

/** An image in Amazon ECR that cannot be changed behind its name. */
export const ECR_IMAGE_URI: NameRule = {
  pattern: '^[0-9]{12}[.]dkr[.]ecr[.][a-z0-9-]+[.]amazonaws[.]com([.]cn)?/[a-z0-9._/-]+@sha256:[0-9a-f]{64}$',
  allowed: 'an image in Amazon ECR with its digest, <account>.dkr.ecr.<region>.amazonaws.com/<name>@sha256:<64 hexadecimal digits>',
  fix: 'Copy "imageDigest" from what "aws ecr describe-images" prints: a tag may change what runs.',
};
