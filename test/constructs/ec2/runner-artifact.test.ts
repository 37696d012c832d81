import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, CfnParameter, type Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { RunnerArtifact } from '../../../constructs';
import { ARTIFACT_URL, anEc2Runner, SHA256, userDataOf } from '../../support/ec2-runner';
import { aStackIn, findingsIn, refusalOf, statementsIn } from '../../support/synth';

const folder = mkdtempSync(join(tmpdir(), 'axiom-artifact-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A folder as the runtime's npm package has it, with little in it. */
function aBundle(name = 'dist'): string {
  const path = join(folder, name);
  mkdirSync(join(path, 'native'), { recursive: true });
  for (const file of ['axiomrunner.cjs', 'runner.cjs', 'native/x86_64.node', 'native/aarch64.node']) writeFileSync(join(path, file), file);
  return path;
}

const downloadOf = (stack: Stack, artifact: RunnerArtifact, id?: string) =>
  /download\(\) \{\n {2}(.*)\n/.exec(userDataOf(anEc2Runner(stack, { artifact }, id)))?.[1];
/** Names of the files that were staged with an asset of a folder. */
function stagedFilesOf(stack: Stack): string[] {
  const { directory } = App.of(stack)?.synth() ?? { directory: '' };
  const assets = readdirSync(directory).filter((name) => name.startsWith('asset.') && existsSync(join(directory, name, 'axiomrunner.cjs')));
  expect(assets).toHaveLength(1);
  return readdirSync(join(directory, assets[0] ?? ''), { recursive: true, encoding: 'utf8' }).sort();
}

describe('the agent from a folder', () => {
  const stack = aStackIn('eu-central-1');

  it('is downloaded from the bucket of assets, of which the role may read this one object', () => {
    expect(downloadOf(stack, RunnerArtifact.fromAsset(aBundle()))).toMatch(
      /^aws s3 cp --only-show-errors 's3:\/\/cdk-hnb659fds-assets-.*\/[0-9a-f]{64}\.zip' "\$artifact"$/,
    );
    const [read] = statementsIn(stack).filter((statement) => JSON.stringify(statement).includes('s3:'));
    expect(read).toMatchObject({ Action: 's3:GetObject', Effect: 'Allow' });
    expect(JSON.stringify(read)).toMatch(/\/[0-9a-f]{64}\.zip"/);
    expect(findingsIn(stack)).toEqual([]);
  });

  it('leaves the native core of other processors behind', () => {
    expect(stagedFilesOf(stack)).toEqual(['axiomrunner.cjs', 'native', 'native/x86_64.node', 'runner.cjs']);
    const arm = aStackIn('eu-central-1');
    anEc2Runner(arm, { artifact: RunnerArtifact.fromAsset(aBundle()), instanceType: new ec2.InstanceType('t4g.small') });
    expect(stagedFilesOf(arm)).toContain('native/aarch64.node');
    expect(stagedFilesOf(arm)).not.toContain('native/x86_64.node');
  });

  it('must be there, and must hold an agent', () => {
    const empty = join(folder, 'empty');
    mkdirSync(empty);
    const refusal = (path: string) => refusalOf(() => anEc2Runner(aStackIn('eu-central-1'), { artifact: RunnerArtifact.fromAsset(path) }));
    expect(refusal(join(folder, 'missing'))).toContain('missing, which is not there. Allowed: an executable, a zip file, or a folder');
    expect(refusal(empty)).toContain('empty, a folder without an agent');
  });

  it('may be one executable', () => {
    const path = join(folder, 'axiomrunner');
    writeFileSync(path, '#!/bin/sh\n');
    chmodSync(path, 0o755);
    expect(downloadOf(aStackIn('eu-central-1'), RunnerArtifact.fromAsset(path))).toMatch(/^aws s3 cp .*[0-9a-f]{64}' "\$artifact"$/);
  });
});

describe('the agent of the npm package', () => {
  it('is the default', () => {
    const stack = aStackIn('eu-central-1');
    anEc2Runner(stack, { artifact: undefined });
    const names = stagedFilesOf(stack);
    expect(names).toEqual(expect.arrayContaining(['axiomrunner.cjs', 'native/x86_64.node', 'runner.cjs', 'workflow-bundle.js']));
    expect(names).not.toContain('native/aarch64.node');
  });
});

describe('the agent behind an address', () => {
  it('is downloaded with TLS only, and compared before it is put in place', () => {
    const userData = userDataOf(anEc2Runner(aStackIn('eu-central-1'), { artifact: RunnerArtifact.fromUrl(ARTIFACT_URL, SHA256) }));
    expect(userData).toContain(`--proto '=https' --output "$artifact" '${ARTIFACT_URL}'`);
    expect(userData.indexOf(`echo '${SHA256}'`)).toBeGreaterThan(userData.indexOf('\nretry download'));
    expect(userData.indexOf(`echo '${SHA256}'`)).toBeLessThan(userData.indexOf('\ninstall '));
  });

  it.each([
    ['http://downloads.example.com/a', SHA256, 'artifact.url is "http://downloads.example.com/a"'],
    ["https://example.com/a'; reboot; '", SHA256, 'artifact.url is '],
    ['https://example.com/$(reboot)', SHA256, 'artifact.url is '],
    [ARTIFACT_URL, 'abc', 'artifact.sha256 is "abc". Allowed: 64 hexadecimal digits in lower case.'],
    [ARTIFACT_URL, createHash('sha256').digest('hex').toUpperCase(), 'artifact.sha256 is '],
  ])('%s with %s is refused', (url, sha256, message) => {
    expect(refusalOf(() => anEc2Runner(aStackIn('eu-central-1'), { artifact: RunnerArtifact.fromUrl(url, sha256) }))).toContain(message);
  });

  it('may be given by tokens', () => {
    const stack = aStackIn('eu-central-1');
    const value = (id: string) => new CfnParameter(stack, id).valueAsString;
    expect(downloadOf(stack, RunnerArtifact.fromUrl(value('Url'), value('Sha')))).toContain("'${Url}'");
  });
});

describe('the agent in a bucket', () => {
  const inBucket = (changes: { key?: string; sha256?: string; objectVersion?: string } = {}, stack = aStackIn('eu-central-1')) => {
    const bucket = s3.Bucket.fromBucketName(stack, 'Bucket', 'releases');
    const { key = '1.0.0/axiomrunner', ...options } = changes;
    return { stack, artifact: RunnerArtifact.fromBucket(bucket, key, options) };
  };

  it('is one object that the role may read', () => {
    const { stack, artifact } = inBucket();
    expect(downloadOf(stack, artifact)).toBe(`aws s3 cp --only-show-errors 's3://releases/1.0.0/axiomrunner' "$artifact"`);
    expect(statementsIn(stack)).toContainEqual({
      Effect: 'Allow',
      Action: 's3:GetObject',
      Resource: 'arn:aws:s3:::releases/1.0.0/axiomrunner',
    });
  });

  it('may be one version of it', () => {
    const { stack, artifact } = inBucket({ objectVersion: 'v1' });
    expect(downloadOf(stack, artifact)).toBe(
      `aws s3api get-object --bucket 'releases' --key '1.0.0/axiomrunner' --version-id 'v1' "$artifact"`,
    );
    expect(JSON.stringify(statementsIn(stack))).toContain('"s3:GetObjectVersion"');
  });

  it('is compared when its checksum is given, and only then', () => {
    const userData = ({ stack, artifact }: ReturnType<typeof inBucket>) => userDataOf(anEc2Runner(stack, { artifact }));
    expect(userData(inBucket({ sha256: SHA256 }))).toContain(`echo '${SHA256}'`);
    expect(userData(inBucket())).not.toContain('sha256sum');
  });

  it('is decrypted with the key of the bucket, if that is known', () => {
    const stack = aStackIn('eu-central-1');
    const bucket = new s3.Bucket(stack, 'Bucket', { encryptionKey: new kms.Key(stack, 'Key') });
    anEc2Runner(stack, { artifact: RunnerArtifact.fromBucket(bucket, 'axiomrunner') });
    expect(statementsIn(stack)).toContainEqual(expect.objectContaining({ Action: 'kms:Decrypt' }));
  });

  it.each([
    [{ key: '*' }, 'artifact.key is "*"'],
    [{ key: "a'b" }, 'artifact.key is "a\'b"'],
    [{ sha256: 'x' }, 'artifact.sha256 is "x"'],
    [{ objectVersion: 'a b' }, 'artifact.objectVersion is "a b"'],
  ])('%p is refused', (changes, message) => {
    const { stack, artifact } = inBucket(changes);
    expect(refusalOf(() => anEc2Runner(stack, { artifact }))).toContain(message);
  });
});
