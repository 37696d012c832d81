import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { kubernetesTools } from '@axiom-runner/local-servers';
import { Yaml } from 'cdk8s';

const DEPLOY = fileURLToPath(new URL('../../../deploy', import.meta.url));

export const MANIFEST = join(DEPLOY, 'kubernetes/eks-runner-kubernetes.yaml');
/** Folder of the Helm chart's folder: where a user has unpacked the download. */
export const CHART_PARENT = join(DEPLOY, 'helm');

/** An object as a manifest or the API server has it. */
export interface KubernetesObject {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    /** Another one for each object, ever. */
    readonly uid: string;
    /** Counts the changes of what is wanted. */
    readonly generation?: number;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  // biome-ignore lint/suspicious/noExplicitAny: as deep as the kind's own schema
  readonly [field: string]: any;
}

/** How a command ended. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The real command-line tools of a user. */
export interface CommandLine {
  /** Runs helm where the chart was unpacked. @throws Error with what it printed, when it fails */
  helm(...args: string[]): Promise<string>;
  /** The same, for a command that is expected to fail. */
  tryHelm(...args: string[]): Promise<Ended>;
  kubectl(...args: string[]): Promise<string>;
  tryKubectl(...args: string[]): Promise<Ended>;
  /** Removes helm's own folders. */
  dispose(): Promise<void>;
}

/** @param kubeconfig none for commands that need no cluster */
export async function commandLine(kubeconfig?: string): Promise<CommandLine> {
  const tools = await kubernetesTools();
  const home = await mkdtemp(join(tmpdir(), 'axiom-helm-'));
  const env = {
    ...process.env,
    HELM_CACHE_HOME: join(home, 'cache'),
    HELM_CONFIG_HOME: join(home, 'config'),
    HELM_DATA_HOME: join(home, 'data'),
    KUBECONFIG: kubeconfig ?? join(home, 'none'),
  };
  const attempt =
    (program: string) =>
    async (...args: string[]) => {
      try {
        const { stdout, stderr } = await promisify(execFile)(program, args, { cwd: CHART_PARENT, env, maxBuffer: 16 * 1024 * 1024 });
        return { code: 0, stdout, stderr };
      } catch (error) {
        return error as Ended;
      }
    };
  const succeed =
    (program: string) =>
    async (...args: string[]) => {
      const { code, stdout, stderr } = await attempt(program)(...args);
      if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}:\n${stdout}${stderr}`);
      return stdout;
    };
  return {
    helm: succeed(tools.helm),
    tryHelm: attempt(tools.helm),
    kubectl: succeed(tools.kubectl),
    tryKubectl: attempt(tools.kubectl),
    dispose: () => rm(home, { recursive: true, force: true }),
  };
}

/** Objects of a manifest, by kind. */
export function objectsIn(file: string): Record<string, KubernetesObject> {
  const objects: KubernetesObject[] = Yaml.load(file);
  return Object.fromEntries(objects.filter((object) => object !== null).map((object) => [object.kind, object]));
}

/** The environment of a Deployment's container, by name; a value from elsewhere is shown as it is. */
export function environmentOf(deployment: KubernetesObject | undefined): Record<string, unknown> {
  const variables: { name: string; value?: string; valueFrom?: unknown }[] = deployment?.['spec'].template.spec.containers[0].env;
  return Object.fromEntries(variables.map(({ name, value, valueFrom }) => [name, value ?? valueFrom]));
}
