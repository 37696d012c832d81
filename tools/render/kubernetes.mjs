import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { root } from '../install.mjs';

/** The plain manifest that users download: the objects of RunnerChart, with a placeholder in each place to fill in. */
const MANIFEST = 'kubernetes/eks-runner-kubernetes.yaml';

const require = createRequire(import.meta.url);
require('ts-node').register({ transpileOnly: true, cwd: root });
const { App, Yaml } = require('cdk8s');
const { RunnerApiKey, RunnerChart } = require('../../constructs');
const { IAM_ROLE_PLACEHOLDER } = require('../../contract/environment');
const { PUBLISHED_IMAGE } = require('../../contract/image');

/** Values that RunnerChart takes, in the places that a file to download leaves open. */
export const MARKERS = {
  tenantId: 'marker-tenant-id',
  runnerGroupId: 'marker-runner-group-id',
  apiKey: 'marker-api-key',
  roleArn: 'arn:aws:iam::111122223333:role/marker',
};

/** The objects that every downloadable form is made of: the published image and the role by IRSA; else the chart's own defaults. */
export function runnerObjects(props = {}) {
  const { tenantId, runnerGroupId, apiKey, roleArn } = MARKERS;
  const chart = new RunnerChart(new App(), 'Runner', {
    tenantId,
    runnerGroupId,
    apiKey: RunnerApiKey._inManifest(apiKey),
    roleArn,
    image: PUBLISHED_IMAGE,
    healthProbes: false,
    ...props,
  });
  return chart.toJson();
}

/** Placeholders by marker, and what to put there. */
const PLACEHOLDERS = {
  [MARKERS.tenantId]: ['<TENANT_ID>', 'the tenant id; keep the quotes'],
  [MARKERS.runnerGroupId]: ['<RUNNER_GROUP_ID>', 'the id of the runner group; keep the quotes'],
  [MARKERS.apiKey]: ['<RUNNER_API_KEY>', 'the API key of the runner group; keep the quotes'],
  [MARKERS.roleArn]: [IAM_ROLE_PLACEHOLDER, "the ARN of the runner's role: the output AxiomRunnerIAMRole of oidc-role.yaml"],
};

const HEADER = `# Made by "npm run render" from the chart in constructs/kubernetes: change that, not this file.
#
# 1. Replace every <…> below; the ARN of the role stands in two places.
# 2. kubectl apply -f eks-runner-kubernetes.yaml -n <NAMESPACE>
#
# No object names a namespace: it is the one of the command, and the role must trust its service account axiom-runner.
# There is no Role and no RoleBinding: the runner asks nothing of the API server.
`;

function manifest() {
  return Object.entries(PLACEHOLDERS).reduce(
    (text, [marker, [placeholder, meaning]]) => text.replaceAll(new RegExp(`"?${marker}"?$`, 'gm'), quoted(placeholder, meaning)),
    HEADER + Yaml.stringify(...runnerObjects()),
  );
}

/** An id of digits only would be a number without quotes. */
function quoted(placeholder, meaning) {
  const value = placeholder === IAM_ROLE_PLACEHOLDER ? placeholder : `"${placeholder}"`;
  return `${value} # ${meaning}`;
}

/** Writes it into a folder; answers with its path. */
export function renderManifest(folder = join(root, 'deploy')) {
  const path = join(folder, MANIFEST);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, manifest());
  return [path];
}

if (process.argv[1] === import.meta.filename) {
  for (const path of renderManifest(process.argv[2] === undefined ? undefined : resolve(process.argv[2]))) console.error(path);
}
