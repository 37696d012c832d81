import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as cdk from 'aws-cdk-lib';
import * as cdk8s from 'cdk8s';
import * as ts from 'typescript';
import * as axiom from '../../..';

const ROOT = join(__dirname, '../../..');
export const EXAMPLES = join(ROOT, 'examples');
const { context } = JSON.parse(readFileSync(join(ROOT, 'cdk.json'), 'utf8'));
const output = mkdtempSync(join(tmpdir(), 'axiom-examples-'));
afterAll(() => rmSync(output, { recursive: true }));

/** Programs that ask the secret agent, in several languages. They are tested with a running agent. */
export const AGENT_CLIENTS = 'agent-clients';

/** Folders of the examples, each with an app. */
export const EXAMPLE_NAMES = readdirSync(EXAMPLES, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== AGENT_CLIENTS)
  .map((entry) => entry.name)
  .sort();

export function appFile(example: string): string {
  return join(EXAMPLES, example, 'app.ts');
}

/** Runs an example as it stands, against the sources of this repository. @returns its stacks, those of stages included, by path */
export function stacksOf(example: string): Readonly<Record<string, cdk.Stack>> {
  const apps: cdk.App[] = [];
  class App extends cdk.App {
    constructor() {
      super({ context, analyticsReporting: false, outdir: join(output, example) });
      apps.push(this);
    }
  }
  run(example, { 'aws-cdk-lib': { ...cdk, App } });
  const stacks = apps.flatMap((app) => app.node.findAll().filter((child) => cdk.Stack.isStack(child)));
  return Object.fromEntries(stacks.map((stack) => [stack.node.path, stack]));
}

/** One of the stacks of an example. */
export function stackOf(example: string, path: string): cdk.Stack {
  const stack = stacksOf(example)[path];
  if (stack === undefined) throw new Error(`${example} has no stack ${path}`);
  return stack;
}

/** Runs an example of cdk8s. @returns the files that it writes, by name */
export function manifestsOf(example: string): Readonly<Record<string, string>> {
  const outdir = join(output, example);
  class App extends cdk8s.App {
    constructor() {
      super({ outdir });
    }
  }
  run(example, { cdk8s: { ...cdk8s, App } });
  return Object.fromEntries(readdirSync(outdir).map((name) => [name, join(outdir, name)]));
}

function run(example: string, modules: Readonly<Record<string, unknown>>): void {
  const { outputText } = ts.transpileModule(readFileSync(appFile(example), 'utf8'), {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
  });
  const given: Readonly<Record<string, unknown>> = { 'axiom-runner': axiom, ...modules };
  const load = (name: string) => given[name] ?? require(name);
  new Function('require', 'exports', '__dirname', outputText)(load, {}, dirname(appFile(example)));
}
