import { ArnFormat, Fn, Stack } from 'aws-cdk-lib';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import type { Construct } from 'constructs';
import { RunnerImage, type RunnerImageConfig } from '../constructs';

/** An image in Amazon ECR whose URI is a parameter of a template. */
export function imageOfUri(imageUri: string): RunnerImage {
  return new ImageOfUri(imageUri);
}

class ImageOfUri extends RunnerImage {
  constructor(private readonly imageUri: string) {
    super();
  }

  public bind(scope: Construct): RunnerImageConfig {
    const repository = ecr.Repository.fromRepositoryAttributes(scope, 'Repository', this.repositoryOf(scope));
    return { imageUri: this.imageUri, repository, compatibilityMode: false };
  }

  /** `<account>.dkr.ecr.<region>.amazonaws.com/<name>@<digest>`, where the name may contain slashes. */
  private repositoryOf(scope: Construct): ecr.RepositoryAttributes {
    const hostParts = Fn.split('.', this.imageUri);
    const withoutDigest = Fn.select(0, Fn.split('@', this.imageUri));
    const slashAndName = Fn.select(1, Fn.split('amazonaws.com', withoutDigest));
    // In China the host ends with .cn.
    const path = Fn.join('/', Fn.split('.cn/', slashAndName));
    const repositoryArn = Stack.of(scope).formatArn({
      service: 'ecr',
      account: Fn.select(0, hostParts),
      region: Fn.select(3, hostParts),
      resource: `repository${path}`,
      arnFormat: ArnFormat.NO_RESOURCE_NAME,
    });
    return { repositoryArn, repositoryName: path };
  }
}
