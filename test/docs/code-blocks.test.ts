import { resourceCountIn, templateOf } from '../support/synth';
import { runExample, typeErrors } from './support/code-example';
import { codeBlocks, markdownFiles, readPage } from './support/markdown';

const constructExamples = (page: string) => codeBlocks(readPage(page), 'ts').filter((example) => example.includes("from 'axiom-runner'"));

const EXAMPLES = Object.fromEntries(
  markdownFiles().flatMap((page) =>
    constructExamples(page).map((example, index) => [`${page.replaceAll('/', '_')}_${index + 1}`, example] as const),
  ),
);

it('finds examples in the pages', () => {
  expect(Object.keys(EXAMPLES).length).toBeGreaterThan(10);
});

it('every example compiles', () => {
  expect(typeErrors(EXAMPLES)).toEqual([]);
}, 120_000);

it.each(Object.entries(EXAMPLES))(
  '%s synthesises',
  (_, example) => {
    const stack = runExample(example);
    // An example for cdk8s puts nothing into the stack.
    if (resourceCountIn(stack) > 0) expect(templateOf(stack).toJSON()).toHaveProperty('Resources');
  },
  60_000,
);

describe('the check of examples can fail:', () => {
  it('a property that there is not', () => {
    const example = "import { SecretsManagerProxyRole } from 'axiom-runner';\nnew SecretsManagerProxyRole(this, 'Role', { nonsense: 1 });";
    expect(typeErrors({ wrong: example }).join()).toContain("'nonsense' does not exist");
  }, 120_000);

  it('a value that a construct refuses', () => {
    const example =
      "import { SecretsManagerProxyRole } from 'axiom-runner';\nimport * as iam from 'aws-cdk-lib/aws-iam';\n" +
      "new SecretsManagerProxyRole(this, 'Role', { externalId: '', trustedPrincipal: new iam.AccountPrincipal('111122223333') });";
    expect(() => runExample(example)).toThrow(/externalId is empty/);
  });
});
