import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { ROOT } from './support/release-command.js';

const read = (path: string) => readFile(join(ROOT, path), 'utf8');
const rows = Object.fromEntries(
  [...(await read('docs/versions.md')).matchAll(/^\| (.+?) *\| (.+?) *\| (.+?) *\|$/gm)].map(
    ([, what = '', supported = '', tested = '']) => [what, { supported, tested }],
  ),
);
const { engines, peerDependencies } = JSON.parse(await read('package.json'));
const lowest = (range: string) => range.replace(/^(\^|>= ?)/, '').replace(/\.0$/, '');

describe('the matrix of supported versions', () => {
  it('has the lowest versions of the manifests', () => {
    expect(rows['Node, for packages from npm']?.supported).toBe(`${lowest(engines.node)} and newer`);
    expect(rows['aws-cdk-lib']?.supported).toBe(`${peerDependencies['aws-cdk-lib'].slice(1)} and newer`);
    expect(rows['constructs']?.supported).toBe(`${peerDependencies.constructs.slice(1)} and newer`);
    expect(rows['cdk8s, cdk8s-plus-28']?.supported).toBe(
      `${peerDependencies.cdk8s.slice(1)} and newer, ${peerDependencies['cdk8s-plus-28'].slice(1)} and newer`,
    );
  });

  it('has the versions of Kubernetes that the charts accept', async () => {
    const accepted = async (chart: string) => lowest(parse(await read(`deploy/helm/${chart}/Chart.yaml`)).kubeVersion.replace('-0', ''));
    expect(rows['Kubernetes']?.supported).toBe(
      `${await accepted('axiom-runner-helm-v2')} and newer; secret agent ${await accepted('axiom-secret-agent')} and newer`,
    );
  });

  it('has the C library that executables are checked against', async () => {
    const [, glibc] = /NEWEST_GLIBC = '([\d.]+)'/.exec(await read('runner-runtime/executable/build.mjs')) ?? [];
    expect(rows['Linux, for executable and image']?.supported).toContain(`glibc ${glibc} or newer`);
  });

  it('names the servers that the tests start', async () => {
    const majors = /PostgresMajor = (.*);/
      .exec(await read('local-servers/src/postgres-binaries.ts'))?.[1]
      ?.match(/\d+/g)
      ?.sort();
    expect(rows['PostgreSQL']?.tested).toBe(majors?.join(', '));
  });
});
