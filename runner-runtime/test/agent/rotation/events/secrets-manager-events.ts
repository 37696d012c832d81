/** Events as EventBridge delivers them, member by member. */
export const ARN = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:';

const envelope = (type: string, resources: readonly string[] = []) => ({
  version: '0',
  id: '6a7e8feb-b491-4cf7-a9f1-bf3703467718',
  'detail-type': type,
  source: 'aws.secretsmanager',
  account: '123456789012',
  time: '2024-02-06T16:43:48Z',
  region: 'us-east-1',
  resources,
});

/** https://docs.aws.amazon.com/secretsmanager/latest/userguide/event-detail-secret-label-updated-secretsmanager.html */
export const labelUpdated = (name: string, labelUpdated = 'AWSCURRENT') => ({
  ...envelope('Secret Label Updated', [`${ARN}${name}-a1b2c3`]),
  detail: { name, labelUpdated, versionId: 'a1b2c3d4-5678-90ab-cdef-EXAMPLE11111' },
});

/** https://docs.aws.amazon.com/secretsmanager/latest/userguide/monitoring-cloudtrail.html */
export const trailCall = (eventName: string, secretId: string) => ({
  ...envelope('AWS API Call via CloudTrail'),
  detail: {
    eventVersion: '1.08',
    userIdentity: { type: 'AssumedRole', arn: 'arn:aws:sts::123456789012:assumed-role/deployer/session', accountId: '123456789012' },
    eventTime: '2024-02-06T16:43:47Z',
    eventSource: 'secretsmanager.amazonaws.com',
    eventName,
    awsRegion: 'us-east-1',
    sourceIPAddress: '192.0.2.1',
    userAgent: 'aws-cli/2.15.0',
    requestParameters: { secretId, clientRequestToken: 'a1b2c3d4-5678-90ab-cdef-EXAMPLE22222' },
    responseElements: { arn: `${ARN}${secretId}-a1b2c3` },
    requestID: 'a1b2c3d4-5678-90ab-cdef-EXAMPLE33333',
    eventID: 'a1b2c3d4-5678-90ab-cdef-EXAMPLE44444',
    readOnly: false,
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: '123456789012',
    eventCategory: 'Management',
  },
});

/** https://docs.aws.amazon.com/secretsmanager/latest/userguide/cloudtrail_log_entries.html#cloudtrail_log_entries_rotation */
export const serviceEvent = (
  eventName: string,
  name: string,
  type: 'AWS Service Event via CloudTrail' | 'AWS API Call via CloudTrail' = 'AWS Service Event via CloudTrail',
) => ({
  ...envelope(type),
  detail: {
    eventVersion: '1.08',
    userIdentity: { accountId: '123456789012', invokedBy: 'secretsmanager.amazonaws.com' },
    eventTime: '2024-02-06T16:43:47Z',
    eventSource: 'secretsmanager.amazonaws.com',
    eventName,
    awsRegion: 'us-east-1',
    sourceIPAddress: 'secretsmanager.amazonaws.com',
    userAgent: 'secretsmanager.amazonaws.com',
    requestParameters: null,
    responseElements: null,
    additionalEventData: { SecretId: `${ARN}${name}-a1b2c3` },
    eventType: 'AwsServiceEvent',
    recipientAccountId: '123456789012',
  },
});
