/** Regions that every account of a partition has: https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html. The first is where STS and IAM are asked. */
const REGIONS: Readonly<Record<string, readonly string[]>> = {
  aws: [
    'us-east-1',
    'us-east-2',
    'us-west-1',
    'us-west-2',
    'eu-central-1',
    'eu-north-1',
    'eu-west-1',
    'eu-west-2',
    'eu-west-3',
    'ap-northeast-1',
    'ap-northeast-2',
    'ap-northeast-3',
    'ap-south-1',
    'ap-southeast-1',
    'ap-southeast-2',
    'ca-central-1',
    'sa-east-1',
  ],
  'aws-cn': ['cn-north-1', 'cn-northwest-1'],
  'aws-us-gov': ['us-gov-west-1', 'us-gov-east-1'],
};

/** Where IAM Identity Center may be, likeliest first. */
export function regionsOf(partition: string): readonly string[] {
  return REGIONS[partition] ?? [];
}
