import { createRequire } from 'node:module';
import { root } from '../install.mjs';
import { runnerObjects } from './kubernetes.mjs';

/** The values of the Helm chart: one list, from which values.yaml, its schema and the README's table are rendered. */
const require = createRequire(import.meta.url);
require('ts-node').register({ transpileOnly: true, cwd: root });
const { Yaml } = require('cdk8s');
const { ENVIRONMENT } = require('../../contract/environment');
const { API_KEY_SECRET_KEY, ...kubernetes } = require('../../contract/kubernetes');
const { PUBLISHED_IMAGE } = require('../../contract/image');
const { IMAGE_DIGEST, IMAGE_REFERENCE, SERVICE_ACCOUNT_NAME } = require('../../contract/name-rules');

const kindIn = (objects, kind) => objects.find((object) => object.kind === kind);
const { spec: deployment } = kindIn(runnerObjects({ healthProbes: true }), 'Deployment');
const pod = deployment.template.spec;
const [container] = pod.containers;
const [repository, tag] = PUBLISHED_IMAGE.split(/:(?=[^/]*$)/);

const text = { type: 'string' };
const flag = { type: 'boolean' };
const count = { type: 'integer', minimum: 0 };
const object = { type: 'object' };
const texts = { type: 'object', additionalProperties: text };
const objects = { type: 'array', items: object };
/** Empty, or what the rule allows. */
const optionalText = ({ pattern, maxLength }) => ({ ...text, ...(maxLength && { maxLength }), pattern: `^$|${pattern}` });
/** Helm makes a number of digits. */
const setting = { type: ['string', 'integer', 'null'] };
/** YAML makes a boolean of on and off. */
const ON_OR_OFF = ['AXIOM_TLS', 'RUNNER_HEALTH_ADDRESS'];

const environment = ENVIRONMENT.map(({ name, meaning, published, defaultValue }) => [
  `runner.${name}`,
  published ? (defaultValue ?? '') : '',
  meaning,
  ON_OR_OFF.includes(name) ? { type: [...setting.type, 'boolean'] } : setting,
]);

/** Path, default, meaning and JSON Schema of each value. */
export const VALUES = [
  [
    'runner.RUNNER_ROLE_ARN',
    '',
    "ARN of the runner's role: the annotation eks.amazonaws.com/role-arn. Empty with EKS Pod Identity.",
    { type: ['string', 'null'] },
  ],
  ...environment,
  [
    'existingSecret.name',
    '',
    'Secret in the namespace that has the API key. The chart makes none then.',
    optionalText(kubernetes.KUBERNETES_SECRET_NAME),
  ],
  ['existingSecret.key', API_KEY_SECRET_KEY, 'Key in that Secret.', { ...text, pattern: kubernetes.KUBERNETES_SECRET_KEY.pattern }],
  ['image.repository', repository, 'Image of the runner.', { ...text, pattern: IMAGE_REFERENCE.pattern }],
  ['image.tag', tag, 'Its tag, where there is no digest.', { type: ['string', 'integer'], pattern: '^[A-Za-z0-9_][A-Za-z0-9_.-]*$' }],
  ['image.digest', '', 'Its digest: what was checked is what runs.', optionalText(IMAGE_DIGEST)],
  ['image.pullPolicy', '', 'Always, IfNotPresent or Never. Empty: as Kubernetes does.', { enum: ['', 'Always', 'IfNotPresent', 'Never'] }],
  ['imagePullSecrets', [], 'Secrets for a private registry, each {name: …}. Not needed for Amazon ECR.', objects],
  ['replicaCount', deployment.replicas, 'Pods. Any of them takes any task; without effect with autoscaling.', count],
  ['autoscaling.enabled', false, 'Whether a HorizontalPodAutoscaler chooses the number of pods. Needs the metrics server.', flag],
  ['autoscaling.minReplicas', 2, 'Fewest pods.', { ...count, minimum: 1 }],
  ['autoscaling.maxReplicas', 6, 'Most pods.', { ...count, minimum: 1 }],
  ['autoscaling.targetCPUUtilizationPercentage', 75, 'CPU in use, per cent of what is requested.', { ...count, minimum: 1 }],
  ['resources', container.resources, 'CPU and memory. 50 GB of disk are recommended on the node, and not requested.', object],
  ['nodeSelector', {}, 'Labels of the nodes that the pods may run on.', texts],
  ['tolerations', [], 'Taints of nodes that the pods may run on nevertheless.', objects],
  ['affinity', {}, 'Affinity of the pods.', object],
  [
    'topologySpreadConstraints',
    pod.topologySpreadConstraints.map(({ labelSelector: _, ...constraint }) => constraint),
    "How the pods are spread; the chart adds the pods' labels as selector.",
    objects,
  ],
  ['extraEnv', [], 'Further environment variables, in the form of a container.', objects],
  ['extraVolumes', [], 'Further volumes, for example with a certificate that a variable names.', objects],
  ['extraVolumeMounts', [], 'Where the container finds them.', objects],
  ['podAnnotations', {}, 'Further annotations of the pods.', texts],
  ['podLabels', {}, 'Further labels of the pods.', texts],
  ['podSecurityContext', pod.securityContext, 'Security context of the pods.', object],
  ['securityContext', container.securityContext, 'Security context of the container.', object],
  ['serviceAccount.create', true, 'Whether the chart makes the service account.', flag],
  [
    'serviceAccount.name',
    '',
    "Its name. Empty: the objects' name, or default where the chart makes none.",
    optionalText(SERVICE_ACCOUNT_NAME),
  ],
  ['serviceAccount.annotations', {}, 'Further annotations of the service account.', texts],
  ['podDisruptionBudget.enabled', true, 'Whether node drains evict no more pods at once than maxUnavailable.', flag],
  [
    'podDisruptionBudget.maxUnavailable',
    1,
    'Pods, or per cent of them as text.',
    { type: ['integer', 'string'], minimum: 0, pattern: '^[0-9]+%$' },
  ],
  ['networkPolicy.enabled', true, 'Whether connections to the pods are refused, and those from them limited to the allow-list.', flag],
  [
    'networkPolicy.allowList',
    [],
    'Networks (CIDR) that the pods may connect to. Empty: anywhere. DNS, the agent of EKS Pod Identity and the published platform are always allowed.',
    { type: 'array', items: { ...text, pattern: kubernetes.NETWORK_CIDR.pattern } },
  ],
  ['probes.enabled', false, 'Whether the pods are probed. The published image has no such commands.', flag],
  ['probes.startup', container.startupProbe, 'Whether the process has started.', object],
  ['probes.readiness', container.readinessProbe, 'Whether tasks are taken.', object],
  [
    'probes.liveness',
    container.livenessProbe,
    'Whether the process answers. Not whether tasks are taken: that would restart a runner in a cut-off network.',
    object,
  ],
  ['fullnameOverride', '', 'Name of the objects of a second release in one namespace.', optionalText(kubernetes.KUBERNETES_OBJECT_NAME)],
];

/** values.yaml: each value behind its meaning. */
export function valuesFile() {
  const groups = grouped(VALUES);
  const sections = [...groups].map(([group, values]) =>
    values[0][0] === group ? entry(values[0], '') : `${group}:\n${values.map((value) => entry(value, '  ')).join('')}`,
  );
  return `# Made by "npm run render" from tools/render/helm-values.mjs and contract/: change those, not this file.\n\n${sections.join('\n')}`;
}

function grouped(values) {
  const groups = new Map();
  for (const value of values) {
    const [group] = value[0].split('.');
    groups.set(group, [...(groups.get(group) ?? []), value]);
  }
  return groups;
}

function entry([path, defaultValue, meaning], indent) {
  const yaml = Yaml.stringify({ [path.split('.').at(-1)]: defaultValue });
  return `# ${meaning}\n${yaml}`.replace(/^(?=.)/gm, indent);
}

/** values.schema.json: an unknown value is refused. */
export function valuesSchema() {
  const schema = closed("Axiom Runner's values");
  for (const [path, defaultValue, description, type] of VALUES) {
    const [group, name] = path.split('.');
    if (name === undefined) {
      schema.properties[group] = { description, ...type, default: defaultValue };
    } else {
      schema.properties[group] ??= closed();
      schema.properties[group].properties[name] = { description, ...type, default: defaultValue };
    }
  }
  // What Helm itself adds to the values of a chart that is a dependency of another.
  schema.properties.global = { type: 'object' };
  return `${JSON.stringify({ $schema: 'http://json-schema.org/draft-07/schema#', ...schema }, null, 2)}\n`;
}

function closed(description) {
  return { ...(description && { description }), type: 'object', additionalProperties: false, properties: {} };
}

/** The table of the README. */
export function valuesTable() {
  const rows = VALUES.map(
    ([path, defaultValue, meaning]) =>
      `| \`${path}\` | ${inCell(defaultValue)} | ${meaning.replaceAll('<', '\\<').replaceAll('|', '\\|')} |`,
  );
  return ['| value | default | meaning |', '| --- | --- | --- |', ...rows].join('\n');
}

function inCell(value) {
  const shown = JSON.stringify(value);
  if (value === '') return '';
  return shown.length > 60 ? 'see values.yaml' : `\`${typeof value === 'string' ? value : shown}\``;
}
