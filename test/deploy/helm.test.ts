import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Yaml } from 'cdk8s';
import { ENVIRONMENT } from '../../contract/environment';
import { HELM_CHART } from '../../contract/kubernetes';
import { expectRendered } from '../support/rendered';

const ROOT = join(__dirname, '../..');
const SHIPPED = join(ROOT, 'deploy/helm', HELM_CHART);

interface Values {
  readonly runner: Readonly<Record<string, unknown>>;
  readonly [group: string]: unknown;
}

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: unknown;
  readonly default?: unknown;
}

const filesIn = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.\w+$/.test(path))
    .sort();
const textsIn = (folder: string) => filesIn(folder).map((path) => [path, readFileSync(join(folder, path), 'utf8')]);
const [values]: Values[] = Yaml.load(join(SHIPPED, 'values.yaml'));
const schema: Schema = JSON.parse(readFileSync(join(SHIPPED, 'values.schema.json'), 'utf8'));
const readme = readFileSync(join(SHIPPED, 'README.md'), 'utf8');

it('the chart is that of the objects as they are now; else run: npm run render', () => {
  expectRendered('tools/render/helm.mjs', join('deploy/helm', HELM_CHART), join('helm', HELM_CHART));
}, 60_000);

it('has every variable by its own name, with the default of the published guide', () => {
  const expected = ENVIRONMENT.map(({ name, published, defaultValue }) => [name, published ? (defaultValue ?? '') : '']);
  expect(Object.entries(values?.runner ?? {})).toEqual([['RUNNER_ROLE_ARN', ''], ...expected]);
});

it('has a schema of exactly the values, closed at each level that the chart defines', () => {
  const pathsOf = (node: Schema, path: string): string[] =>
    node.properties === undefined ? [path] : Object.entries(node.properties).flatMap(([name, child]) => pathsOf(child, `${path}.${name}`));
  const paths = pathsOf(schema, '').filter((path) => path !== '.global');
  const valueAt = (path: string) =>
    path
      .split('.')
      .slice(1)
      .reduce<unknown>((node, name) => (node as Values)[name], values);
  expect(paths.filter((path) => valueAt(path) === undefined)).toEqual([]);
  expect(Object.keys(values ?? {})).toEqual(Object.keys(schema.properties ?? {}).filter((name) => name !== 'global'));
  const open = Object.values(schema.properties ?? {}).filter(
    (node) => node.properties !== undefined && node.additionalProperties !== false,
  );
  expect([schema.additionalProperties, open]).toEqual([false, []]);
});

it('lists every value in its README', () => {
  const listed = [...readme.matchAll(/^\| `([^`]+)` +\|/gm)].map((row) => row[1]);
  expect(listed).toEqual(expect.arrayContaining(ENVIRONMENT.map(({ name }) => `runner.${name}`)));
  expect(new Set(listed.map((path) => path?.split('.')[0]))).toEqual(new Set(Object.keys(values ?? {})));
});

it('is of the version of this package', () => {
  const [chart]: { name: string; version: string; appVersion: string }[] = Yaml.load(join(SHIPPED, 'Chart.yaml'));
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  expect(chart).toMatchObject({ name: HELM_CHART, version, appVersion: version });
});

describe('the schema', () => {
  const takes = (path: string, value: string) => {
    const [group = '', name = ''] = path.split('.');
    const { pattern, items } = (schema.properties?.[group]?.properties?.[name] ?? {}) as { pattern?: string; items?: { pattern?: string } };
    return new RegExp(pattern ?? items?.pattern ?? '').test(value);
  };

  it.each([
    ['existingSecret.name', ['', 'axiom.key', '123'], ['x\n  optional: true', 'A']],
    ['existingSecret.key', ['RUNNER_API_KEY'], ['', 'a: b']],
    ['serviceAccount.name', ['', 'runner.one'], ['x\nhostNetwork: true']],
    ['image.repository', ['registry.example.com:5000/team/runner'], ['', 'a b', '<IMAGE>']],
    ['image.tag', ['latest', '1.2.3'], ['', 'a b']],
    ['networkPolicy.allowList', ['10.0.0.0/8', 'fd00::/8', '::1/128'], ['10.0.0.1', '999.0.0.1/8', 'a:b/1', '10.0.0.0/33']],
    ['podDisruptionBudget.maxUnavailable', ['50%'], ['x: y', '50']],
  ])('of %s takes %j and refuses %j', (path, taken, refused) => {
    expect(taken.filter((value) => !takes(path, value))).toEqual([]);
    expect(refused.filter((value) => takes(path, value))).toEqual([]);
  });
});

it('quotes every name, because Kubernetes takes none that YAML reads as a number', () => {
  const unquoted = textsIn(join(SHIPPED, 'templates'))
    .filter(([path]) => path?.endsWith('.txt') === false)
    .flatMap(([, text]) => [...(text ?? '').matchAll(/^.*(?:[nN]ame|instance|[kK]ey|cidr): \{\{.*$/gm)].map(String))
    .filter((line) => !line.includes('quote'))
    // The variables of the contract.
    .filter((line) => line.trim() !== '- name: {{ . }}');
  expect(unquoted).toEqual([]);
});

it('leaves no fact of the contract open', () => {
  expect(textsIn(SHIPPED).filter(([, text]) => /@[A-Z_]{2,}@|opened-place|marker-/.test(text ?? ''))).toEqual([]);
});
