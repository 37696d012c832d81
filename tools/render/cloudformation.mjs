import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { root } from '../install.mjs';

/** The CloudFormation templates that users download, from the stacks that the CDK app deploys. */
const require = createRequire(import.meta.url);
require('ts-node').register({ transpileOnly: true, cwd: root });
const { App } = require('aws-cdk-lib');
const { Yaml } = require('cdk8s');
const { Ec2RunnerStack, EcsRunnerStack, OidcRoleStack, SecretsManagerRoleStack } = require('../../lib');

/** Files, and the stacks that they come from: without settings, so that all of them are parameters. */
const TEMPLATES = {
  'ec2-runner.yaml': (app) => new Ec2RunnerStack(app, 'AxiomEc2Runner'),
  'ecs-runner.yaml': (app) => new EcsRunnerStack(app, 'AxiomEcsRunner'),
  'oidc-role.yaml': (app) => new OidcRoleStack(app, 'AxiomOidcRole'),
  'secrets-manager-role.yaml': (app) => new SecretsManagerRoleStack(app, 'AxiomSecretsManagerRole'),
};
/** The order in which CloudFormation's own documentation shows the sections. */
const SECTIONS = ['Description', 'Metadata', 'Parameters', 'Rules', 'Mappings', 'Conditions', 'Resources', 'Outputs'];

/** The template as text. A section that has no place in the order must not get lost. */
function render(template) {
  const unknown = Object.keys(template).filter((section) => section !== 'AWSTemplateFormatVersion' && !SECTIONS.includes(section));
  if (unknown.length > 0) throw new Error(`sections without a place: ${unknown.join(', ')}; mend tools/render/cloudformation.mjs`);
  const sections = SECTIONS.filter((section) => template[section] !== undefined).map((section) => [section, template[section]]);
  const header = '# Made by "npm run render" from the stacks in lib/: change those, not this file.\n';
  return header + Yaml.stringify({ AWSTemplateFormatVersion: '2010-09-09', ...Object.fromEntries(sections) });
}

/** @returns paths of the files that were written */
export function renderTemplates(folder = join(root, 'deploy')) {
  const target = join(folder, 'cloudformation');
  const outdir = mkdtempSync(join(tmpdir(), 'axiom-render-'));
  try {
    const { context } = JSON.parse(readFileSync(join(root, 'cdk.json'), 'utf8'));
    const app = new App({ context, analyticsReporting: false, outdir });
    const stacks = Object.entries(TEMPLATES).map(([file, stackIn]) => [file, stackIn(app)]);
    const assembly = app.synth();
    mkdirSync(target, { recursive: true });
    return stacks.map(([file, stack]) => {
      writeFileSync(join(target, file), render(assembly.getStackArtifact(stack.artifactId).template));
      return join(target, file);
    });
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

if (process.argv[1] === import.meta.filename) {
  for (const path of renderTemplates(process.argv[2] === undefined ? undefined : resolve(process.argv[2]))) console.error(path);
}
