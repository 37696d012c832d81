import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Yaml } from 'cdk8s';
import { HELM_CHART } from '../../../contract/kubernetes';
import { KUBERNETES_SECRET } from './cdk-renderings';
import { inPod, type PodVariable } from './container-environment';
import type { Variables } from './env-file-readers';
import type { WantedRunner } from './runner-arbitrary';
import type { TypedSettings } from './typed-settings';

const ROOT = join(__dirname, '../../..');
const CHART = join(ROOT, 'deploy/helm', HELM_CHART);
/** Helm reads a whole number of a values file as a floating-point number: up to this length without loss. */
const EXACT_NUMBER = /^[1-9][0-9]{0,14}$/;

let helm: string | undefined;

/** `helm template` with a values file in which ids of digits are numbers, as people write them. */
export function ofHelmWithValuesFile(wanted: WantedRunner, { known, others }: TypedSettings): Variables {
  const asTyped = ([name, value]: [string, string]) => [name, EXACT_NUMBER.test(value) ? Number(value) : value];
  const values = {
    runner: Object.fromEntries(Object.entries(known).map(asTyped)),
    extraEnv: Object.entries(others).map(([name, value]) => ({ name, value: inContainer(value) })),
    ...(wanted.keyByVariable && { existingSecret: { name: KUBERNETES_SECRET } }),
  };
  const folder = mkdtempSync(join(tmpdir(), 'axiom-values-'));
  try {
    writeFileSync(join(folder, 'values.json'), JSON.stringify(values));
    return environmentOf(['-f', join(folder, 'values.json')]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** `helm template` with one `--set-string` for each value. */
export function ofHelmWithSetString(wanted: WantedRunner, { known, others }: TypedSettings): Variables {
  const extra = Object.entries(others).flatMap(([name, value], index): [string, string][] => [
    [`extraEnv[${index}].name`, name],
    [`extraEnv[${index}].value`, inContainer(value)],
  ]);
  const settings: [string, string][] = [
    ...Object.entries(known).map(([name, value]): [string, string] => [`runner.${name}`, value]),
    ...extra,
    ...(wanted.keyByVariable ? [['existingSecret.name', KUBERNETES_SECRET] satisfies [string, string]] : []),
  ];
  return environmentOf(settings.flatMap(([path, value]) => ['--set-string', `${path}=${asHelmReads(value)}`]));
}

function environmentOf(args: readonly string[]): Variables {
  helm ??= helmPath();
  const { status, stdout, stderr } = spawnSync(helm, ['template', 'axiom-runner-v2', CHART, ...args], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  if (status !== 0) throw new Error(`helm ended with ${status}: ${stderr}`);
  const folder = mkdtempSync(join(tmpdir(), 'axiom-objects-'));
  try {
    writeFileSync(join(folder, 'objects.yaml'), stdout);
    const objects: readonly { readonly kind: string; readonly spec: PodTemplate }[] = Yaml.load(join(folder, 'objects.yaml'));
    const [deployment] = objects.filter((object) => object?.kind === 'Deployment');
    return inPod(deployment?.spec.template.spec.containers[0]?.env ?? []);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

interface PodTemplate {
  readonly template: { readonly spec: { readonly containers: readonly { readonly env: readonly PodVariable[] }[] } };
}

/** `extraEnv` is in the form of a container, where `$` is written twice. */
function inContainer(value: string): string {
  return value.replaceAll('$', '$$$$');
}

/** Commas separate values, braces make a list, and a backslash takes the next character as it is. */
function asHelmReads(value: string): string {
  return value.replace(/[\\,{}]/g, (character) => `\\${character}`);
}

/** The package that knows it is an ES module, so a process of its own asks it. */
function helmPath(): string {
  const source = `import { kubernetesTools } from '@axiom-runner/local-servers'; console.log((await kubernetesTools()).helm);`;
  return execFileSync(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', source], {
    cwd: ROOT,
    encoding: 'utf8',
  }).trim();
}
