import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as ts from 'typescript';
import * as axiom from '..';
import { OIDC_ROLE_TEMPLATE, PROXY_ROLE_TEMPLATE } from '../contract/cloudformation';
import { ECS_RUNNER_TEMPLATE } from '../contract/runner-templates';
import { ACCOUNT, aStackIn, findingsIn } from './support/synth';

const read = (page: string) => readFileSync(join(__dirname, '../docs', page), 'utf8');

/** The TypeScript examples of a page. */
function examplesOf(page: string): string[] {
  return [...read(page).matchAll(/```ts\n(.*?)```/gs)].map((block) => block[1] ?? '');
}

/** Runs an example as the body of a stack's constructor. */
function runInStack(example: string) {
  const stack = aStackIn('eu-central-1', ACCOUNT);
  const { outputText } = ts.transpileModule(example, {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
  });
  const load = (name: string) => (name === 'axiom-runner' ? axiom : require(name));
  new Function('require', 'exports', outputText).call(stack, load, {});
  return stack;
}

describe.each([
  ['secrets-manager-role.md', PROXY_ROLE_TEMPLATE],
  ['oidc-role.md', OIDC_ROLE_TEMPLATE],
  ['deploy-ecs.md', ECS_RUNNER_TEMPLATE],
  ['network.md', { parameters: {}, outputs: {} }],
])('%s', (page, template) => {
  it('has examples that work as they stand, without findings', () => {
    const examples = examplesOf(page);
    expect(examples).not.toEqual([]);
    expect(examples.map((example) => findingsIn(runInStack(example)))).toEqual(examples.map(() => []));
  });

  it('describes every parameter and output of the template', () => {
    const undocumented = [...Object.values(template.parameters), ...Object.values(template.outputs)].filter(
      (name) => !read(page).includes(`\`${name}\``),
    );
    expect(undocumented).toEqual([]);
  });
});
