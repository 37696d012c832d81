import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Yaml } from 'cdk8s';
import { OIDC_ROLE_TEMPLATE, PROXY_ROLE_TEMPLATE } from '../../contract/cloudformation';
import { expectRendered } from '../support/rendered';

const ROOT = join(__dirname, '../..');
const SHIPPED = join(ROOT, 'deploy/cloudformation');

interface TemplateFile {
  readonly Parameters: Readonly<Record<string, { readonly Default?: string }>>;
  readonly Resources: Readonly<Record<string, { readonly Type: string }>>;
  readonly Outputs: Readonly<Record<string, unknown>>;
}

/** A file as CloudFormation reads it. */
function load(file: string): TemplateFile {
  const [template]: TemplateFile[] = Yaml.load(join(SHIPPED, file));
  if (template === undefined) throw new Error(`${file} is empty`);
  return template;
}

it('the templates are those of the stacks as they are now; else run: npm run render', () => {
  expectRendered('tools/render/cloudformation.mjs', 'deploy/cloudformation', 'cloudformation');
}, 60_000);

describe.each([
  ['secrets-manager-role.yaml', PROXY_ROLE_TEMPLATE],
  ['oidc-role.yaml', OIDC_ROLE_TEMPLATE],
])('%s', (file, contract) => {
  const text = readFileSync(join(SHIPPED, file), 'utf8');

  it('has the parameters and outputs of the contract, and no others', () => {
    const { Parameters, Outputs } = load(file);
    expect(Object.keys(Parameters).sort()).toEqual(Object.values(contract.parameters).sort());
    expect(Object.keys(Outputs).sort()).toEqual(Object.values(contract.outputs).sort());
    expect(Parameters['RoleName']?.Default).toBe(contract.defaultRoleName);
  });

  it('makes roles and their policies, nothing else', () => {
    const types = Object.values(load(file).Resources).map(({ Type }) => Type);
    expect([...new Set(types)].sort()).toEqual(['AWS::IAM::Policy', 'AWS::IAM::Role']);
  });

  it('says first where it comes from, then has its sections in the usual order', () => {
    expect(text).toMatch(/^# Made by "npm run render"/);
    expect([...text.matchAll(/^(\w+):/gm)].map((section) => section[1])).toEqual([
      'AWSTemplateFormatVersion',
      'Description',
      'Parameters',
      'Conditions',
      'Resources',
      'Outputs',
    ]);
  });

  it('needs no bootstrapped account and shows no trace of the CDK', () => {
    expect(text).not.toMatch(/bootstrap|aws:cdk|CDKMetadata|Custom::|\bMetadata:/i);
  });

  it('is small enough to be passed as text', () => {
    // https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
    expect(Buffer.byteLength(text)).toBeLessThan(51_200);
  });
});
