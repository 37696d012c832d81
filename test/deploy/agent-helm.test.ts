import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Yaml } from 'cdk8s';
import { AGENT_HELM_CHART } from '../../contract/agent';
import { expectRendered } from '../support/rendered';

const ROOT = join(__dirname, '../..');
const SHIPPED = join('deploy/helm', AGENT_HELM_CHART);
const templates = readFileSync(join(ROOT, SHIPPED, 'templates/_secret-agent.tpl'), 'utf8');

it('the chart of the secret agent is that of the construct as it is now; else run: npm run render', () => {
  expectRendered('tools/render/agent-helm.mjs', SHIPPED, join('helm', AGENT_HELM_CHART));
}, 60_000);

it('is a library, of the version of this package', () => {
  const [chart]: Record<string, string>[] = Yaml.load(join(ROOT, SHIPPED, 'Chart.yaml'));
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  expect(chart).toMatchObject({ name: AGENT_HELM_CHART, type: 'library', version });
});

it('has the templates that its README shows, and leaves no place of them open', () => {
  const readme = readFileSync(join(ROOT, SHIPPED, 'README.md'), 'utf8');
  const defined = [...templates.matchAll(/define "([^"]+)"/g)].map(([, name]) => name);
  expect(defined).toEqual(['config', 'container', 'volumes', 'env', 'volumeMounts'].map((name) => `${AGENT_HELM_CHART}.${name}`));
  expect(defined.slice(1).filter((name) => !readme.includes(`include "${name}"`))).toEqual([]);
  expect(`${templates}${readme}`).not.toMatch(/@[A-Z_]{2,}@|opened-place|marker/);
});
