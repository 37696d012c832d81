import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Yaml } from 'cdk8s';
import { OIDC_ROLE_TEMPLATE, PROXY_ROLE_TEMPLATE } from '../../contract/cloudformation';

const ROOT = join(__dirname, '../..');
const SHIPPED = join(ROOT, 'deploy/cloudformation');
const rendered = mkdtempSync(join(tmpdir(), 'axiom-rendered-'));

afterAll(() => rmSync(rendered, { recursive: true }));

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

const textsIn = (folder: string) => readdirSync(folder).map((file) => [file, readFileSync(join(folder, file), 'utf8')]);

it('the templates are those of the stacks as they are now; else run: npm run render', () => {
  const { status, stderr } = spawnSync(process.execPath, ['tools/render.mjs', rendered], { cwd: ROOT, encoding: 'utf8' });
  expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
  expect(textsIn(SHIPPED)).toEqual(textsIn(rendered));
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
