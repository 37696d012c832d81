import { join } from 'node:path';
import type { Stack } from 'aws-cdk-lib';
import * as ts from 'typescript';
import * as axiom from '../../..';
import { ACCOUNT, anApp } from '../../support/synth';
import { typeErrorsIn } from '../../support/type-errors';
import { ROOT } from './markdown';

/** What an example may refer to without making it: name, and how a page's author would have made it. */
const GIVEN = `
import { Stack as GivenStack } from 'aws-cdk-lib';
import * as givenEc2 from 'aws-cdk-lib/aws-ec2';
import * as givenEcr from 'aws-cdk-lib/aws-ecr';
import * as givenSecretsManager from 'aws-cdk-lib/aws-secretsmanager';
import * as givenSns from 'aws-cdk-lib/aws-sns';

export class Given extends GivenStack {
  get vpc() { return (this.node.tryFindChild('GivenVpc') as givenEc2.Vpc | undefined) ?? new givenEc2.Vpc(this, 'GivenVpc', { restrictDefaultSecurityGroup: false }); }
  get apiKeySecret() { return givenSecretsManager.Secret.fromSecretNameV2(this, 'GivenApiKey', 'axiom-runner/api-key'); }
  get repository() { return givenEcr.Repository.fromRepositoryName(this, 'GivenRepository', 'axiom-runner'); }
  get database() { return new givenEc2.SecurityGroup(this, 'GivenDatabase', { vpc: this.vpc }); }
  get topic() { return new givenSns.Topic(this, 'GivenTopic', { enforceSSL: true }); }
}
`;
const NAMES = [...GIVEN.matchAll(/^ {2}get (\w+)\(/gm)].map((match) => match[1] ?? '');

/** An example of a page as a module: its imports, then a stack whose constructor is the rest. */
export function exampleModule(example: string): string {
  const lines = example.split('\n');
  const isImport = (line: string) => /^import .* from '.*';$/.test(line);
  const body = lines.filter((line) => !isImport(line)).join('\n');
  const used = NAMES.filter((name) => new RegExp(`(?<![.\\w])${name}\\b`).test(body) && !new RegExp(`const ${name}\\b`).test(body));
  return [
    ...lines.filter(isImport),
    GIVEN,
    'export class Example extends Given {',
    '  constructor(...args: ConstructorParameters<typeof GivenStack>) {',
    '    super(...args);',
    ...used.map((name) => `    const ${name} = this.${name};`),
    body,
    '  }',
    '}',
  ].join('\n');
}

/** Type errors of examples, each by its name. */
export function typeErrors(examples: Readonly<Record<string, string>>): string[] {
  const modules = new Map(
    Object.entries(examples).map(([name, example]) => [join(ROOT, 'test/docs', `${name}.ts`), exampleModule(example)]),
  );
  // An example shows how a thing is made, not what is done with it.
  return typeErrorsIn([...modules.keys()], modules, { noEmit: true, noUnusedLocals: false, noUnusedParameters: false });
}

/** Runs an example. @returns the stack that it is */
export function runExample(example: string) {
  const { outputText } = ts.transpileModule(exampleModule(example), {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
  });
  const exported: { Example?: new (...args: unknown[]) => Stack } = {};
  const load = (name: string) => (name === 'axiom-runner' ? axiom : require(name));
  new Function('require', 'exports', outputText)(load, exported);
  if (exported.Example === undefined) throw new Error('the example is no module');
  return new exported.Example(anApp(), 'Example', { env: { account: ACCOUNT, region: 'eu-central-1' } });
}
