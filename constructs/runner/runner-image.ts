import { Annotations, IgnoreMode } from 'aws-cdk-lib';
import type * as ecr from 'aws-cdk-lib/aws-ecr';
import * as ecrAssets from 'aws-cdk-lib/aws-ecr-assets';
import type { Construct } from 'constructs';
import { PUBLISHED_IMAGE } from '../../contract/image';
import { IMAGE_DIGEST, IMAGE_REFERENCE } from '../../contract/name-rules';
import { checkedSetting, optionalSetting } from '../checks/setting-check';
import { runtimePackageFolder } from './runtime-package';

/** Processors that a runner runs on. */
export enum RunnerArchitecture {
  /** Intel and AMD, 64 bit. */
  X86_64 = 'x86_64',
  /** AWS Graviton, 64 bit. */
  ARM64 = 'arm64',
}

/** What an image is bound for. */
export interface RunnerImageBindOptions {
  /** Processors that the image must run on. */
  readonly architecture: RunnerArchitecture;
}

/** An image that a host can run. */
export interface RunnerImageConfig {
  /** Reference of the image, with digest or tag. */
  readonly imageUri: string;

  /**
   * Repository that the host must be allowed to pull from.
   * @default - a public registry
   */
  readonly repository?: ecr.IRepository;

  /**
   * Whether the image is the vendor's own build, which knows only the variables of the published guide and has no health check.
   */
  readonly compatibilityMode: boolean;
}

/** Settings of an image that is built from the runtime's npm package. */
export interface RunnerImageAssetOptions {
  /**
   * Image that the runtime is put on, best by digest: glibc 2.28 or newer, libstdc++ and CA certificates. It is pulled where
   * `cdk deploy` runs.
   * @default - the distroless image in the package's Dockerfile
   */
  readonly baseImage?: string;

  /**
   * Image that Node 24 or newer is taken from, best by digest: `/usr/local/bin/node` and `/usr/local/LICENSE`, as in Node's official
   * images. It is pulled where `cdk deploy` runs.
   * @default - Node's official image in the package's Dockerfile
   */
  readonly nodeImage?: string;
}

/** The container image that a host runs. */
export abstract class RunnerImage {
  /**
   * Builds the image from the npm package `@axiom-runner/runtime`, which must be installed beside this library. Needs Docker, or what the
   * variable `CDK_DOCKER` names, where the app is deployed from.
   * @param options changes to the build
   */
  public static fromAsset(options: RunnerImageAssetOptions = {}): RunnerImage {
    return new AssetImage(options);
  }

  /**
   * An image in a repository of Amazon ECR.
   * @param repository the repository; the host is allowed to pull from it
   * @param digest `sha256:` and 64 hexadecimal digits: what was checked is what runs
   */
  public static fromEcr(repository: ecr.IRepository, digest: string): RunnerImage {
    return new EcrImage(repository, digest);
  }

  /**
   * The vendor's published image, in compatibility mode: it takes the API key from a variable, has no health check, knows none of
   * the settings that this library adds, and its tag moves. Each host that runs it gets a warning; acknowledge it with
   * `Annotations.of(host).acknowledgeWarning('axiom-runner:publishedImage', 'why')`.
   */
  public static published(): RunnerImage {
    return new PublishedImage();
  }

  /**
   * Called by the host that runs the image.
   * @param scope the host
   * @param options what the image is bound for
   */
  public abstract bind(scope: Construct, options: RunnerImageBindOptions): RunnerImageConfig;
}

class AssetImage extends RunnerImage {
  constructor(private readonly options: RunnerImageAssetOptions) {
    super();
  }

  public bind(scope: Construct, { architecture }: RunnerImageBindOptions): RunnerImageConfig {
    const { LINUX_AMD64, LINUX_ARM64 } = ecrAssets.Platform;
    const baseImage = optionalSetting(scope, 'image.baseImage', this.options.baseImage, IMAGE_REFERENCE);
    const nodeImage = optionalSetting(scope, 'image.nodeImage', this.options.nodeImage, IMAGE_REFERENCE);
    const isArm = architecture === RunnerArchitecture.ARM64;
    const asset = new ecrAssets.DockerImageAsset(scope, 'Image', {
      directory: runtimePackageFolder(scope, 'image'),
      // Of the package only what the image holds: neither its sources nor its dependencies.
      exclude: ['*', '!dist', '!Dockerfile'],
      ignoreMode: IgnoreMode.DOCKER,
      platform: isArm ? LINUX_ARM64 : LINUX_AMD64,
      buildArgs: {
        // Docker's old builder does not set it.
        TARGETARCH: isArm ? 'arm64' : 'amd64',
        ...(baseImage !== undefined && { BASE: baseImage }),
        ...(nodeImage !== undefined && { NODE: nodeImage }),
      },
    });
    return { imageUri: asset.imageUri, repository: asset.repository, compatibilityMode: false };
  }
}

class EcrImage extends RunnerImage {
  constructor(
    private readonly repository: ecr.IRepository,
    private readonly digest: string,
  ) {
    super();
  }

  public bind(scope: Construct): RunnerImageConfig {
    const digest = checkedSetting(scope, 'image', this.digest, IMAGE_DIGEST);
    return { imageUri: this.repository.repositoryUriForDigest(digest), repository: this.repository, compatibilityMode: false };
  }
}

class PublishedImage extends RunnerImage {
  public bind(scope: Construct): RunnerImageConfig {
    Annotations.of(scope).addWarningV2(
      'axiom-runner:publishedImage',
      'The published image runs in compatibility mode: API key by variable, no health check, none of the settings that this library adds.',
    );
    return { imageUri: PUBLISHED_IMAGE, compatibilityMode: true };
  }
}
