import * as iam from 'aws-cdk-lib/aws-iam';
import type * as s3 from 'aws-cdk-lib/aws-s3';

/** Allows to read one object. The grants of bucket and asset would open the whole bucket. */
export function grantReadOfObject(grantee: iam.IGrantable, bucket: s3.IBucket, key: string, action: string = 's3:GetObject'): void {
  iam.Grant.addToPrincipal({ grantee, actions: [action], resourceArns: [bucket.arnForObjects(key)] });
  bucket.encryptionKey?.grantDecrypt(grantee);
}
