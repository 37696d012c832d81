import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { initialisedApp, linkToRepository, synthesised, type Template } from './support/cdk-app.js';
import { succeeded, temporaryFolder } from './support/commands.js';
import { install, NO_REGISTRY, newestVersion, REGISTRY_ANSWERS } from './support/registry.js';
import { manifestOf, packed } from './support/tarballs.js';

(REGISTRY_ANSWERS ? describe : describe.skip)(`axiom-runner, installed in an app of cdk init${NO_REGISTRY}`, () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let tarballs: string[];
  let peers: Readonly<Record<string, string>>;
  let fromSources: Template;

  beforeAll(async () => {
    folder = await temporaryFolder();
    const made = [...(await packed(folder.path, 'axiom-runner', '@axiom-runner/runtime')).values()];
    tarballs = made.map(({ path }) => path);
    peers = Object.assign({}, ...(await Promise.all(made.map(manifestOf))).map(({ peerDependencies }) => peerDependencies));
    await initialisedApp(join(folder.path, 'app'));
  }, 180_000);

  afterAll(() => folder.dispose());

  /** The app a second time, in a folder of the same name, which its stack is named after. */
  async function copyOfApp(name: string): Promise<string> {
    await succeeded('mkdir', [join(folder.path, name)]);
    await succeeded('cp', ['-R', join(folder.path, 'app'), join(folder.path, name, 'app')]);
    return join(folder.path, name, 'app');
  }

  const installedVersions = async (app: string) =>
    Object.fromEntries(
      await Promise.all(
        Object.keys(peers).map(
          async (name) => [name, JSON.parse(await readFile(join(app, 'node_modules', name, 'package.json'), 'utf8')).version] as const,
        ),
      ),
    );

  it('has peers that npm installs by itself', () => {
    expect(Object.keys(peers).sort()).toEqual(['aws-cdk-lib', 'cdk8s', 'cdk8s-plus-28', 'constructs']);
    expect(Object.values(peers).filter((range) => !/^\^\d+\.\d+\.\d+$/.test(range))).toEqual([]);
  });

  it('is synthesised from the sources of this repository', async () => {
    const app = await copyOfApp('sources');
    await linkToRepository(app);
    fromSources = await synthesised(app, 'npx tsx bin/app.ts');
    expect(Object.values(fromSources.Resources).map(({ Type }) => Type)).toContain('AWS::ECS::Service');
  }, 120_000);

  it('makes the same template with the lowest versions of its peers', async () => {
    const app = await copyOfApp('lowest');
    const lowest = Object.fromEntries(Object.entries(peers).map(([name, range]) => [name, range.slice(1)]));
    // Only what an app runs with: the other test has what cdk init adds.
    await writeFile(join(app, 'package.json'), JSON.stringify({ name: 'app', version: '0.1.0' }));
    await install(app, ...tarballs, 'tsx@4', ...Object.entries(lowest).map(([name, version]) => `${name}@${version}`));
    expect(await installedVersions(app)).toEqual(lowest);
    expect(await synthesised(app, 'npx tsx bin/app.ts')).toEqual(fromSources);
  }, 240_000);

  it('fits the types of, and makes the same resources with, the newest versions of its peers', async () => {
    const app = await copyOfApp('newest');
    const newest = Object.fromEntries(
      await Promise.all(Object.entries(peers).map(async ([name, range]) => [name, await newestVersion(name, range)] as const)),
    );
    // The two of cdk8s are not named: npm brings peers along.
    await install(app, ...tarballs, ...['aws-cdk-lib', 'constructs'].map((name) => `${name}@${newest[name]}`));
    expect(await installedVersions(app)).toEqual(newest);
    const { Resources } = await synthesised(app);
    expect(typesOf(Resources)).toEqual(typesOf(fromSources.Resources));
  }, 300_000);
});

/** Types by logical ids: what decides whether a resource is replaced. Properties may follow the CDK. */
function typesOf(resources: Template['Resources']): Record<string, string> {
  return Object.fromEntries(Object.entries(resources).map(([id, { Type }]) => [id, Type]));
}
