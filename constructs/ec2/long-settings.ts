import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Names, Stage, Token, Tokenization } from 'aws-cdk-lib';
import type * as iam from 'aws-cdk-lib/aws-iam';
import * as s3assets from 'aws-cdk-lib/aws-s3-assets';
import type { Construct, IConstruct } from 'constructs';
import { invalidSetting } from '../checks/setting-check';
import { envFile } from '../runner/env-file';
import { grantReadOfObject } from './object-access';
import { shellWord } from './shell-word';

/** Most bytes of user data. https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html */
const MOST_USER_DATA = 16_384;
/** Bytes that a reference is counted with: what it stands for is known when the stack is deployed. */
const REFERENCE = 100;
/** A value that is longer does not stand in the user data. */
const LONG = 512;

/** An environment in two parts. */
export interface SplitEnvironment {
  /** Text of the env file's short lines. */
  readonly text: string;
  /** Command that writes the long lines to `$work/env`; absent when there are none. */
  readonly furtherCommand?: string;
}

/**
 * Splits an environment: long values, such as policies and CAs, are staged as an asset, because user data is small. Values with tokens
 * stay, because an asset can't hold them.
 */
export function splitEnvironment(
  scope: Construct,
  environment: Readonly<Record<string, string>>,
  grantee: iam.IGrantable,
): SplitEnvironment {
  const entries = Object.entries(environment);
  const isLong = ([, value]: readonly [string, string]) => value.length > LONG && !Token.isUnresolved(value);
  const text = envFile(scope, Object.fromEntries(entries.filter((entry) => !isLong(entry))));
  const long = envFile(scope, Object.fromEntries(entries.filter(isLong)));
  if (long === '') {
    return { text };
  }
  const path = join(Stage.of(scope)?.outdir ?? '.', `${Names.uniqueResourceName(scope, {})}.env`);
  writeFileSync(path, long);
  const { bucket, s3BucketName, s3ObjectKey } = new s3assets.Asset(scope, 'LongSettings', { path });
  grantReadOfObject(grantee, bucket, s3ObjectKey);
  return { text, furtherCommand: `aws s3 cp --only-show-errors ${shellWord(`s3://${s3BucketName}/${s3ObjectKey}`)} "$work/env"` };
}

/** The user data, unless it is too long for EC2. */
export function checkedUserData(scope: IConstruct, text: string): string {
  const counted = Tokenization.reverseString(text).mapTokens({ mapToken: () => ' '.repeat(REFERENCE) });
  const bytes = Buffer.byteLength(String(counted.join({ join: (left, right) => `${left ?? ''}${right ?? ''}` })));
  if (bytes > MOST_USER_DATA) {
    const fix = 'Shorten further variables of the environment, or pass values without tokens: long ones become an asset.';
    throw invalidSetting(scope, 'environment', `too long: ${bytes} bytes of user data`, `at most ${MOST_USER_DATA} bytes`, fix);
  }
  return text;
}
