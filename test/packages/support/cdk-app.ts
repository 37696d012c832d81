import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT, succeeded } from './commands.js';

/** The CDK CLI that this repository pins. */
const CLI = join(ROOT, 'node_modules/aws-cdk/bin/cdk');
const NO_NOTICES = { CI: 'true', CDK_DISABLE_CLI_TELEMETRY: 'true', JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION: '1' };

export interface Template {
  readonly Resources: Readonly<Record<string, { readonly Type: string }>>;
}

/** `cdk init` of an app in TypeScript, without its packages, with the four lines of the README in its stack. */
export async function initialisedApp(folder: string): Promise<void> {
  await mkdir(folder);
  await succeeded(process.execPath, [CLI, 'init', 'app', '--language', 'typescript', '--generate-only'], { cwd: folder, env: NO_NOTICES });
  await writeFile(join(folder, 'lib/app-stack.ts'), await stackOfReadme());
}

/** Lets an app in a folder named `app` find this repository's packages, and its sources as the library. */
export async function linkToRepository(folder: string): Promise<void> {
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const path = join(folder, 'tsconfig.json');
  const config = JSON.parse(await readFile(path, 'utf8'));
  config.compilerOptions.paths = { 'axiom-runner': [join(ROOT, 'index.ts')] };
  await writeFile(path, JSON.stringify(config));
}

/**
 * `cdk synth` of the stack.
 * @param app the command that makes it. @default that of its cdk.json, which checks types first
 */
export async function synthesised(folder: string, app?: string): Promise<Template> {
  const output = join(folder, 'cdk.out');
  await succeeded(process.execPath, [CLI, 'synth', '--quiet', '--output', output, ...(app === undefined ? [] : ['--app', app])], {
    cwd: folder,
    env: NO_NOTICES,
  });
  return JSON.parse(await readFile(join(output, 'AppStack.template.json'), 'utf8'));
}

/** The stack that `cdk init` made, with what the README shows in it. */
async function stackOfReadme(): Promise<string> {
  const readme = await readFile(join(ROOT, 'README.md'), 'utf8');
  const [, imports, body] =
    /```ts\n(import \{ EcsRunner, RunnerImage \} from 'axiom-runner';\n)\n(new EcsRunner[\s\S]*?)```/.exec(readme) ?? [];
  if (imports === undefined || body === undefined) throw new Error('README.md shows no EcsRunner');
  return `import * as cdk from 'aws-cdk-lib/core';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
${imports}
export class AppStack extends cdk.Stack {
  constructor(scope: Construct, id: string, props?: cdk.StackProps) {
    super(scope, id, props);
    const vpc = new ec2.Vpc(this, 'Vpc');
    const apiKeySecret = secretsmanager.Secret.fromSecretNameV2(this, 'ApiKey', 'axiom-runner/api-key');
    ${body}
  }
}
`;
}
