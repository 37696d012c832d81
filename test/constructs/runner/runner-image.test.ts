import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { RunnerArchitecture, RunnerImage, type RunnerImageAssetOptions } from '../../../constructs';

/** How the image of a stack is built, as the CDK hands it to docker. */
function buildOf(
  options?: RunnerImageAssetOptions,
  architecture = RunnerArchitecture.X86_64,
): { folder: string; [option: string]: unknown } {
  const app = new App();
  const stack = new Stack(app, 'Stack');
  const { imageUri } = RunnerImage.fromAsset(options).bind(stack, { architecture });
  new CfnOutput(stack, 'Uri', { value: imageUri });
  const { directory } = app.synth();
  const { dockerImages } = JSON.parse(readFileSync(join(directory, 'Stack.assets.json'), 'utf8'));
  const [image] = Object.values<{ source: { directory: string } }>(dockerImages);
  if (image === undefined) throw new Error('the stack has no image to build');
  return { ...image.source, folder: join(directory, image.source.directory) };
}

describe('RunnerImage.fromAsset', () => {
  it('builds the Dockerfile of the runtime with nothing but the bundles', () => {
    const { folder } = buildOf();
    expect(readdirSync(folder).sort()).toEqual(['Dockerfile', 'dist']);
    expect(readdirSync(join(folder, 'dist/image')).sort()).toEqual(['.keep', 'axiomrunner']);
  });

  it.each([
    [RunnerArchitecture.X86_64, 'linux/amd64', 'amd64'],
    [RunnerArchitecture.ARM64, 'linux/arm64', 'arm64'],
  ])('tells every builder that it is for %s', (architecture, platform, TARGETARCH) => {
    expect(buildOf({}, architecture)).toMatchObject({ platform, dockerBuildArgs: { TARGETARCH } });
  });

  it('takes other images to start from', () => {
    const baseImage = 'registry.example.com/base:1';
    const nodeImage = `registry.example.com/node@sha256:${'0'.repeat(64)}`;
    expect(buildOf({ baseImage, nodeImage }).dockerBuildArgs).toEqual({ TARGETARCH: 'amd64', BASE: baseImage, NODE: nodeImage });
  });

  it('refuses what is no image', () => {
    for (const options of [{ baseImage: 'a b' }, { nodeImage: '' }]) expect(() => buildOf(options)).toThrow(/image\.(baseImage|nodeImage)/);
  });
});
