import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { root } from '../install.mjs';
import { block, expression, lines, onlyIf, optional, template, writeChart } from './helm-template.mjs';
import { valuesFile, valuesSchema, valuesTable } from './helm-values.mjs';
import { runnerObjects } from './kubernetes.mjs';

/**
 * The Helm chart that users download: the objects of RunnerChart, opened in the places that values set, and the files of tools/render/helm/
 * with the facts of contract/ in them.
 */
const require = createRequire(import.meta.url);
require('ts-node').register({ transpileOnly: true, cwd: root });
const { Yaml } = require('cdk8s');
const { DEFAULT_CONTROL_PLANE_ADDRESS: platformAddress, ENVIRONMENT, ENVIRONMENT_PLACEHOLDERS } = require('../../contract/environment');
const kubernetes = require('../../contract/kubernetes');
const { PLATFORM_ID, ROLE_ARN } = require('../../contract/name-rules');
const { STOP_TIMEOUT_SECONDS } = require('../../contract/tasks');

const PARTS = join(root, 'tools/render/helm');
const MARKER_CIDR = '192.0.2.0/24';

const quoted = (texts) => texts.map((text) => JSON.stringify(text)).join(' ');

/** What stands for @NAME@ in the files of tools/render/helm/. */
const FACTS = {
  APP: kubernetes.KUBERNETES_APP_LABEL,
  CHART: kubernetes.HELM_CHART,
  ID_ALLOWED: PLATFORM_ID.allowed,
  KEY: kubernetes.API_KEY_SECRET_KEY,
  NAME: kubernetes.KUBERNETES_NAME,
  PLACEHOLDERS: quoted([...new Set(ENVIRONMENT_PLACEHOLDERS.map((text) => text.toLowerCase()))]),
  PLATFORM_ID: `\`${PLATFORM_ID.pattern}\``,
  RELEASE: kubernetes.HELM_RELEASE,
  ROLE_ANNOTATION: kubernetes.ROLE_ARN_ANNOTATION,
  ROLE_ARN: `\`${ROLE_ARN.pattern}\``,
  STOP_SECONDS: String(STOP_TIMEOUT_SECONDS),
  VARIABLES: quoted(ENVIRONMENT.map(({ name }) => name)),
  VALUES: valuesTable(),
};

const NAME = expression('include "axiom-runner.name" . | quote');
const LABELS = block('include "axiom-runner.labels" .');
const SELECTOR = block('include "axiom-runner.selector" .');
const METADATA = [
  ['metadata.labels', LABELS],
  ['metadata.name', NAME],
];

/** Templates by kind, from the object of the chart. */
const TEMPLATES = {
  ServiceAccount: (object) =>
    template(
      object,
      [
        ['metadata.annotations', optional('include "axiom-runner.serviceAccountAnnotations" .', '.')],
        ['metadata.labels', LABELS],
        ['metadata.name', expression('include "axiom-runner.serviceAccountName" . | quote')],
      ],
      '.Values.serviceAccount.create',
    ),
  Secret: (object) =>
    template(
      object,
      [...METADATA, [`stringData.${FACTS.KEY}`, expression(`include "axiom-runner.text" .Values.runner.${FACTS.KEY} | toJson`)]],
      `and (not .Values.existingSecret.name) (include "axiom-runner.text" .Values.runner.${FACTS.KEY})`,
    ),
  NetworkPolicy: (object) =>
    template(object, [...METADATA, ['spec.egress', egress()], ['spec.podSelector.matchLabels', SELECTOR]], '.Values.networkPolicy.enabled'),
  PodDisruptionBudget: (object) =>
    template(
      object,
      [
        ...METADATA,
        ['spec.maxUnavailable', expression('.Values.podDisruptionBudget.maxUnavailable')],
        ['spec.selector.matchLabels', SELECTOR],
      ],
      '.Values.podDisruptionBudget.enabled',
    ),
  Deployment: (object) => `{{- include "axiom-runner.check" . }}\n${template(object, [...METADATA, ...DEPLOYMENT])}`,
};

const POD = 'spec.template.spec';
const CONTAINER = `${POD}.containers.0`;
const POD_SPEC = runnerObjects().find(({ kind }) => kind === 'Deployment').spec.template.spec;
const probe = (name) => [`${CONTAINER}.${name}Probe`, onlyIf('include "axiom-runner.probed" .', block(`toYaml .Values.probes.${name}`))];

const DEPLOYMENT = [
  ['spec.replicas', onlyIf('not .Values.autoscaling.enabled', expression('.Values.replicaCount'))],
  ['spec.selector.matchLabels', SELECTOR],
  ['spec.template.metadata.annotations', optional('include "axiom-runner.podAnnotations" .', '.')],
  ['spec.template.metadata.labels', block('include "axiom-runner.podLabels" .')],
  [`${POD}.imagePullSecrets`, optional('.Values.imagePullSecrets')],
  [`${POD}.nodeSelector`, optional('.Values.nodeSelector')],
  [`${POD}.tolerations`, optional('.Values.tolerations')],
  [`${POD}.affinity`, optional('.Values.affinity')],
  [`${POD}.topologySpreadConstraints`, optional('include "axiom-runner.spread" .', '.')],
  [`${POD}.securityContext`, block('toYaml .Values.podSecurityContext')],
  [`${POD}.serviceAccountName`, expression('include "axiom-runner.serviceAccountName" . | quote')],
  [`${CONTAINER}.env`, block('include "axiom-runner.env" . | trim')],
  [`${CONTAINER}.image`, expression('include "axiom-runner.image" . | toJson')],
  [`${CONTAINER}.imagePullPolicy`, (lead, key) => `${lead}{{- with .Values.image.pullPolicy }}\n${lead}${key}: {{ . }}\n${lead}{{- end }}`],
  [`${CONTAINER}.resources`, block('toYaml .Values.resources')],
  [`${CONTAINER}.securityContext`, block('toYaml .Values.securityContext')],
  [`${POD}.volumes`, withFurther(POD_SPEC.volumes, '.Values.extraVolumes')],
  [`${CONTAINER}.volumeMounts`, withFurther(POD_SPEC.containers[0].volumeMounts, '.Values.extraVolumeMounts')],
  probe('startup'),
  probe('readiness'),
  probe('liveness'),
];

/** A list of the chart's own, and what the value adds to it. */
function withFurther(list, value) {
  return (lead, key) =>
    lines(...yaml(list), `{{- with ${value} }}`, `{{- toYaml . | nindent ${lead.length + 2} }}`, '{{- end }}')(lead, key);
}

function yaml(value) {
  return Yaml.stringify(value).trimEnd().split('\n');
}

/** Anywhere, or the rules of the chart for a list of networks, that of the platform only where it is the control plane. */
function egress() {
  const { spec } = runnerObjects({ egressCidrs: [MARKER_CIDR] }).find(({ kind }) => kind === 'NetworkPolicy');
  const [platform, networks] = spec.egress.slice(-2);
  if (networks.to[0].ipBlock.cidr !== MARKER_CIDR) throw new Error('the last rule is not that of the list: mend tools/render/helm.mjs');
  return lines(
    '{{- if .Values.networkPolicy.allowList }}',
    ...yaml(spec.egress.slice(0, -2)),
    `{{- if eq (.Values.runner.AXIOM_ACTIONS_ADDRESS_AND_PORT | default "${platformAddress}") "${platformAddress}" }}`,
    ...yaml([platform]),
    '{{- end }}',
    '- to:',
    '    {{- range .Values.networkPolicy.allowList }}',
    '    - ipBlock:',
    '        cidr: {{ quote . }}',
    '    {{- end }}',
    '{{- else }}',
    '- {}',
    '{{- end }}',
  );
}

function chartFile() {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return Yaml.stringify({
    apiVersion: 'v2',
    name: kubernetes.HELM_CHART,
    description: 'Axiom Runner: a private access runner for AWS, in an EKS cluster',
    type: 'application',
    version,
    appVersion: version,
    kubeVersion: '>=1.25.0-0',
  });
}

function part(file) {
  const text = readFileSync(join(PARTS, file), 'utf8').replace(/@([A-Z_]+)@/g, (whole, name) => FACTS[name] ?? whole);
  const left = /@[A-Z_]+@/.exec(text);
  if (left !== null) throw new Error(`${file}: ${left[0]} is no fact`);
  return text;
}

/** Writes the chart into a folder; answers with the paths. */
export function renderHelmChart(folder = join(root, 'deploy')) {
  const chart = join(folder, 'helm', kubernetes.HELM_CHART);
  const objects = runnerObjects({ healthProbes: true });
  const unknown = objects.filter(({ kind }) => TEMPLATES[kind] === undefined);
  if (unknown.length > 0) throw new Error(`${unknown[0].kind} has no template: mend tools/render/helm.mjs`);
  const made = '# Made by "npm run render" from the chart in constructs/kubernetes: change that, not this file.\n';
  const files = {
    'Chart.yaml': made + chartFile(),
    'README.md': part('README.md'),
    'values.yaml': valuesFile(),
    'values.schema.json': valuesSchema(),
    ...Object.fromEntries(objects.map((object) => [`templates/${object.kind.toLowerCase()}.yaml`, TEMPLATES[object.kind](object)])),
    ...Object.fromEntries(
      readdirSync(PARTS)
        .filter((file) => file !== 'README.md')
        .map((file) => [`templates/${file}`, part(file)]),
    ),
  };
  return writeChart(chart, files);
}

if (process.argv[1] === import.meta.filename) {
  for (const path of renderHelmChart(process.argv[2] === undefined ? undefined : resolve(process.argv[2]))) console.error(path);
}
