import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pomIn, runMavenApp } from './support/maven-app.js';
import { has, LIBRARY, makeLanguages, synthesised, synthesisedByTypeScript } from './support/programs.js';

const missing = [has('javac', '-version') ? '' : 'a JDK', has('mvn', '--version') ? '' : 'Maven (mvn)'].filter((tool) => tool !== '');
const why = missing.length === 0 ? '' : `: needs ${missing.join(' and ')}`;

(missing.length === 0 ? describe : describe.skip)(`the library for Java${why}`, () => {
  let folder: string;
  let repository: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'axiom-java-'));
    repository = join(folder, 'java');
    await makeLanguages(folder, '--language', 'java', '--without-javadoc');
  }, 600_000);

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('is a Maven repository with the library and what Maven Central may lack', async () => {
    const jars = (await readdir(repository, { recursive: true })).filter((path) => path.endsWith('.jar'));
    expect(jars.map((path) => path.replace(/.*\//, '')).sort()).toEqual([
      `axiom-runner-${LIBRARY.version}-sources.jar`,
      `axiom-runner-${LIBRARY.version}.jar`,
      `cdk8s-${LIBRARY.devDependencies['cdk8s']}.jar`,
      `cdk8s-plus-28-${LIBRARY.devDependencies['cdk8s-plus-28']}.jar`,
    ]);
  });

  it('asks for the lowest versions that the package takes, and for no range', async () => {
    const pom = await pomIn(repository);
    expect(pom).toContain(`<artifactId>aws-cdk-lib</artifactId>\n      <version>${LIBRARY.devDependencies['aws-cdk-lib']}</version>`);
    expect(pom).not.toMatch(/<version>\[/);
  });

  it('makes the templates and manifests that TypeScript makes', async () => {
    const [ofJava, ofTypeScript] = [join(folder, 'made'), join(folder, 'typescript')];
    await runMavenApp(folder, repository, join(ofJava, 'cdk'), join(ofJava, 'charts'));
    expect(await synthesised(ofJava)).toEqual(await synthesisedByTypeScript(ofTypeScript));
  }, 300_000);
});
