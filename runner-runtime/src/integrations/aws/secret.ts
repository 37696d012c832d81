import { z } from 'zod';
import { apiBaseUrl } from '../../integration-kit/http/base-url.js';

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html */
const ROLE_ARN = /^arn:(aws|aws-cn|aws-us-gov):iam::(\d{12}):role\/(?:[\x21-\x7e]*\/)?([\w+=,.@-]{1,64})$/;

/** The secret `axiom-security/aws/<account id>`. */
export const secretSchema = z
  .object({
    role_arn: z.string().trim().regex(ROLE_ARN, 'must be the ARN of a role: arn:aws:iam::<12 digits>:role/<name>'),
    // https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
    external_id: z
      .string()
      .trim()
      .regex(/^[\w+=,.@:/-]{2,1224}$/, 'must be 2 to 1224 letters, digits or _+=,.@:/-'),
    aws_region: z
      .string()
      .trim()
      .regex(/^[a-z]{2}(-[a-z]+){1,2}-\d$/, 'must be a region, such as eu-central-1')
      .optional(),
    api_base_url: apiBaseUrl.optional(),
  })
  .transform(({ role_arn: roleArn, external_id: externalId, aws_region: region, api_base_url: endpoint }) => {
    const [, partition = '', account = '', roleName = ''] = ROLE_ARN.exec(roleArn) ?? [];
    return { roleArn, roleName, partition, account, externalId, region, endpoint };
  });
export type AwsSecret = z.infer<typeof secretSchema>;
