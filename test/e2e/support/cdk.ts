import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AwsEmulator } from '@axiom-runner/local-servers';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** The stacks of this repository's app, and those of the apps in `apps/`. */
export type StackName =
  | 'AxiomSecretsManagerRole'
  | 'AxiomOidcRole'
  | 'AxiomEcsRunner'
  | 'AxiomEc2Runner'
  | 'AxiomEksRunner'
  | `Runners-${string}`
  | 'Store'
  | 'SecretAgent';

/** Context of the app, as behind `-c`. */
export type Context = Readonly<Record<string, string>>;

/** One account of the emulated AWS, as its root. */
export interface Account {
  readonly emulator: AwsEmulator;
  readonly id: string;
}

/** A CDK app, synthesised once, to be deployed by the pinned CLI as often as a test likes. */
export interface SynthesisedApp {
  /**
   * `cdk deploy` of one stack: creates or updates it.
   * @param parameters values of the template's parameters; those left out keep their values in an update
   * @returns the stack's outputs
   * @throws Error with all that the CLI printed, when the deployment fails
   */
  deploy(account: Account, stack: StackName, parameters?: Readonly<Record<string, string>>): Promise<Record<string, string>>;
  /** `cdk diff` of one stack against what is deployed; resolves with what it printed. */
  diff(account: Account, stack: StackName): Promise<string>;
  /** `cdk destroy` of one stack. */
  destroy(account: Account, stack: StackName): Promise<void>;
  /** Removes the synthesised app. */
  dispose(): Promise<void>;
}

/** Environment of a process that works in an account of the emulated AWS. */
export function environmentOf({ emulator, id }: Account): NodeJS.ProcessEnv {
  return { ...process.env, ...emulator.environment, AWS_ACCESS_KEY_ID: id };
}

/**
 * `cdk synth` of an app.
 * @param context settings of this repository's app; without any, everything is a parameter of its templates
 * @param app file of another app
 * @throws Error with all that the CLI printed, when the settings are refused
 */
export async function synthesisedApp(context: Context = {}, app?: string): Promise<SynthesisedApp> {
  const folder = await mkdtemp(join(tmpdir(), 'axiom-e2e-'));
  const assembly = join(folder, 'cdk.out');
  const settings = Object.entries(context).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
  const other = app === undefined ? [] : ['--app', `npx ts-node --project tsconfig.json ${app}`];
  try {
    await cdk(['synth', '--quiet', '--output', assembly, ...settings, ...other], process.env);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
  const outputsFile = join(folder, 'outputs.json');
  return {
    deploy: async (account, stack, parameters = {}) => {
      const given = Object.entries(parameters).flatMap(([name, value]) => ['--parameters', `${stack}:${name}=${value}`]);
      const options = ['--exclusively', '--require-approval', 'never', '--outputs-file', outputsFile];
      await cdk(['deploy', stack, '--app', assembly, ...options, ...given], environmentOf(account));
      return JSON.parse(await readFile(outputsFile, 'utf8'))[stack];
    },
    diff: (account, stack) => cdk(['diff', stack, '--app', assembly, '--exclusively'], environmentOf(account)),
    destroy: async (account, stack) => {
      await cdk(['destroy', stack, '--app', assembly, '--exclusively', '--force'], environmentOf(account));
    },
    dispose: () => rm(folder, { recursive: true, force: true }),
  };
}

/** `cdk bootstrap`: makes what stacks with assets need. */
export async function bootstrap(account: Account): Promise<void> {
  await cdk(['bootstrap', `aws://${account.id}/${account.emulator.environment['AWS_REGION']}`], environmentOf(account));
}

/** Runs the pinned CDK CLI as a user does; resolves with what it printed. */
function cdk(args: readonly string[], environment: NodeJS.ProcessEnv): Promise<string> {
  const cli = join(ROOT, 'node_modules/aws-cdk/bin/cdk');
  const child = spawn(process.execPath, [cli, ...args, '--no-color'], {
    cwd: ROOT,
    env: { ...environment, CI: 'true', CDK_DISABLE_CLI_TELEMETRY: 'true' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('close', (code) => {
      code === 0 ? resolve(printed) : reject(new Error(`cdk ${args.join(' ')} ended with ${code}:\n${printed}`));
    });
  });
}
