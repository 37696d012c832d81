import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import * as s3assets from 'aws-cdk-lib/aws-s3-assets';
import type { Construct } from 'constructs';
import { checkedSetting, invalidSetting } from '../checks/setting-check';
import { RunnerArchitecture } from '../runner/runner-image';
import { runtimePackageFolder } from '../runner/runtime-package';
import { ARTIFACT_OBJECT_KEY, ARTIFACT_OBJECT_VERSION, ARTIFACT_SHA256, ARTIFACT_URL } from './artifact-rules';
import { grantReadOfObject } from './object-access';
import { shellWord } from './shell-word';

/** What an artifact is bound for. */
export interface RunnerArtifactBindOptions {
  /** Processors that the artifact must run on. */
  readonly architecture: RunnerArchitecture;

  /** Who downloads the artifact. */
  readonly grantee: iam.IGrantable;
}

/** How a host gets the agent. */
export interface RunnerArtifactConfig {
  /**
   * Shell command that downloads the agent into the file that the variable `artifact` names: one executable, or a zip file with the
   * executable `axiomrunner` or the bundle `axiomrunner.cjs` at its top. `curl` and the AWS CLI are there.
   */
  readonly downloadCommand: string;

  /**
   * SHA-256 that the download must have, 64 hexadecimal digits.
   * @default - the download is not compared with anything
   */
  readonly sha256?: string;
}

/** What of an object in a bucket is fixed. */
export interface RunnerArtifactBucketOptions {
  /**
   * SHA-256 of the object, 64 hexadecimal digits in lower case.
   * @default - what stands in the bucket is trusted
   */
  readonly sha256?: string;

  /**
   * Id of the object's version, in a bucket with versions.
   * @default - the newest version when an instance starts
   */
  readonly objectVersion?: string;
}

/** The agent that EC2 instances run: an executable, or a zip file as `RunnerArtifactConfig` says. */
export abstract class RunnerArtifact {
  /**
   * The agent of the npm package `@axiom-runner/runtime`, which must be installed beside this library. It is staged as an asset, and runs
   * with Node 24 of Amazon Linux, which comes from a bucket as well: a host needs the S3 gateway endpoint for both, and no internet.
   */
  public static bundled(): RunnerArtifact {
    return new BundledArtifact();
  }

  /**
   * An agent on the disk of whoever deploys, staged as an asset.
   * @param path of one executable or zip file, or of a folder with `axiomrunner.cjs` or the executable `axiomrunner` in it
   */
  public static fromAsset(path: string): RunnerArtifact {
    return new AssetArtifact(path);
  }

  /**
   * An agent that each instance downloads when it starts, and verifies before it runs.
   * @param url `https://` address that instances can reach
   * @param sha256 SHA-256 of the file, 64 hexadecimal digits in lower case
   */
  public static fromUrl(url: string, sha256: string): RunnerArtifact {
    return new UrlArtifact(url, sha256);
  }

  /**
   * An agent in a bucket. Instances are allowed to read this one object, and to decrypt with the bucket's key, if it is known.
   * @param bucket the bucket
   * @param key key of the object
   * @param options what of the object is fixed
   */
  public static fromBucket(bucket: s3.IBucket, key: string, options: RunnerArtifactBucketOptions = {}): RunnerArtifact {
    return new BucketArtifact(bucket, key, options);
  }

  /**
   * Called by the host that runs the agent.
   * @param scope the host
   * @param options what the artifact is bound for
   */
  public abstract bind(scope: Construct, options: RunnerArtifactBindOptions): RunnerArtifactConfig;
}

class BundledArtifact extends RunnerArtifact {
  public bind(scope: Construct, options: RunnerArtifactBindOptions): RunnerArtifactConfig {
    return staged(scope, join(runtimePackageFolder(scope, 'artifact'), 'dist'), options);
  }
}

class AssetArtifact extends RunnerArtifact {
  constructor(private readonly path: string) {
    super();
  }

  public bind(scope: Construct, options: RunnerArtifactBindOptions): RunnerArtifactConfig {
    const allowed = 'an executable, a zip file, or a folder with axiomrunner.cjs or axiomrunner in it';
    if (!existsSync(this.path)) {
      throw invalidSetting(scope, 'artifact', `${this.path}, which is not there`, allowed, 'Correct the path, or build the agent first.');
    }
    const isFolder = statSync(this.path).isDirectory();
    if (isFolder && !['axiomrunner.cjs', 'axiomrunner'].some((name) => existsSync(join(this.path, name)))) {
      throw invalidSetting(scope, 'artifact', `${this.path}, a folder without an agent`, allowed, 'Correct the path.');
    }
    return staged(scope, this.path, options);
  }
}

class UrlArtifact extends RunnerArtifact {
  constructor(
    private readonly url: string,
    private readonly sha256: string,
  ) {
    super();
  }

  public bind(scope: Construct): RunnerArtifactConfig {
    const url = shellWord(checkedSetting(scope, 'artifact.url', this.url, ARTIFACT_URL));
    return {
      // A redirection to another protocol is not followed.
      downloadCommand: `curl --fail --silent --show-error --location --proto '=https' --output "$artifact" ${url}`,
      sha256: checkedSetting(scope, 'artifact.sha256', this.sha256, ARTIFACT_SHA256),
    };
  }
}

class BucketArtifact extends RunnerArtifact {
  constructor(
    private readonly bucket: s3.IBucket,
    private readonly key: string,
    private readonly options: RunnerArtifactBucketOptions,
  ) {
    super();
  }

  public bind(scope: Construct, { grantee }: RunnerArtifactBindOptions): RunnerArtifactConfig {
    const key = checkedSetting(scope, 'artifact.key', this.key, ARTIFACT_OBJECT_KEY);
    const { sha256, objectVersion } = this.options;
    const checksum = sha256 === undefined ? undefined : checkedSetting(scope, 'artifact.sha256', sha256, ARTIFACT_SHA256);
    if (objectVersion === undefined) {
      grantReadOfObject(grantee, this.bucket, key);
      return { downloadCommand: copyOf(this.bucket, key), sha256: checksum };
    }
    const version = checkedSetting(scope, 'artifact.objectVersion', objectVersion, ARTIFACT_OBJECT_VERSION);
    grantReadOfObject(grantee, this.bucket, key, 's3:GetObjectVersion');
    const place = `--bucket ${shellWord(this.bucket.bucketName)} --key ${shellWord(key)} --version-id ${shellWord(version)}`;
    return { downloadCommand: `aws s3api get-object ${place} "$artifact"`, sha256: checksum };
  }
}

/** An asset of a file or folder; of a bundle without the native core of the other architecture. */
function staged(scope: Construct, path: string, { architecture, grantee }: RunnerArtifactBindOptions): RunnerArtifactConfig {
  const otherCore = architecture === RunnerArchitecture.ARM64 ? 'x86_64' : 'aarch64';
  const asset = new s3assets.Asset(scope, 'Artifact', { path, exclude: [`native/${otherCore}.node`] });
  grantReadOfObject(grantee, asset.bucket, asset.s3ObjectKey);
  return { downloadCommand: copyOf(asset.bucket, asset.s3ObjectKey) };
}

function copyOf({ bucketName }: s3.IBucket, key: string): string {
  return `aws s3 cp --only-show-errors ${shellWord(`s3://${bucketName}/${key}`)} "$artifact"`;
}
