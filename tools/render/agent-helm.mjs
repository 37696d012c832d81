import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { root } from '../install.mjs';
import { expression, lines, template, writeChart } from './helm-template.mjs';

/**
 * The Helm chart of the secret agent: templates by which other charts put the agent beside their own containers. They are the container and
 * the volumes of SecretAgentPodSidecar, opened in the places that the other chart's values set.
 */
const require = createRequire(import.meta.url);
require('ts-node').register({ transpileOnly: true, cwd: root });
const { Testing, Yaml } = require('cdk8s');
const kplus = require('cdk8s-plus-28');
const { SecretAgentPodSidecar } = require('../../constructs');
const agent = require('../../contract/agent');
const { RUNNER_USER } = require('../../contract/image');

const PARTS = join(root, 'tools/render/agent-helm');
const MARKER = 'marker';
const IMAGE = 'marker-image';

/** What stands for @NAME@ in the files of tools/render/agent-helm/. */
const FACTS = {
  APPLICATION: `\`${agent.AGENT_APPLICATION_IN_KUBERNETES.pattern}\``,
  APPLICATION_ALLOWED: agent.AGENT_APPLICATION_IN_KUBERNETES.allowed,
  CHART: agent.AGENT_HELM_CHART,
  MEMORY: `${agent.DEFAULT_AGENT_MEMORY_MIB}Mi`,
  SHARED: agent.AGENT_SHARED_FOLDER,
  STATE: agent.CONTAINER_AGENT_STATE,
  TOKEN: agent.AGENT_TOKEN_FILE,
};

/** The pod of a workload with one application and the agent. */
function markedPod() {
  const chart = Testing.chart();
  const workload = new kplus.Deployment(chart, 'Workload', { securityContext: { fsGroup: RUNNER_USER } });
  const container = workload.addContainer({ name: MARKER, image: IMAGE });
  new SecretAgentPodSidecar(chart, 'Agent', { workload, image: IMAGE }).mountInto(container, { application: MARKER, allow: ['*'] });
  return chart.toJson()[0].spec.template.spec;
}

const isOfApplication = ({ name }) => name.endsWith(`-${MARKER}`);
const yaml = (value) => Yaml.stringify(value).trimEnd().split('\n');

/** A list whose last entries are those of applications: of each one in the values. */
function list(entries) {
  const fixed = entries.filter((entry) => !isOfApplication(entry));
  const each = entries.filter(isOfApplication);
  if (each.length !== 1) throw new Error('an application has not one entry: mend tools/render/agent-helm.mjs');
  return [
    ...yaml(fixed),
    '{{- range $name, $_ := .applications }}',
    ...yaml(each).map((line) => line.replaceAll(MARKER, '{{ $name }}')),
    '{{- end }}',
  ];
}

function containerTemplate({ initContainers: [container] }) {
  const config = '"axiom-secret-agent.config" .';
  return template(
    [container],
    [
      ['0.env.0.value', expression(`include ${config} | replace "$" "$$" | toJson`)],
      [
        '0.image',
        expression('required "secret agent: image is missing. Name the image of the agent, best by its digest." .image | toJson'),
      ],
      ['0.imagePullPolicy', expression('.imagePullPolicy | default "IfNotPresent"')],
      [
        '0.resources',
        lines('{{- if .resources }}', '{{- toYaml .resources | nindent 4 }}', '{{- else }}', ...yaml(container.resources), '{{- end }}'),
      ],
      ['0.volumeMounts', lines(...list(container.volumeMounts))],
    ],
  );
}

function templates() {
  const pod = markedPod();
  const [application] = pod.containers;
  const named = {
    container: ['The agent: an item of initContainers. Argument: the values of the agent.', containerTemplate(pod)],
    volumes: ['What it writes into: items of volumes. Argument: the values of the agent.', list(pod.volumes).join('\n')],
    env: ['Where an application finds it: items of its env.', yaml(application.env).join('\n')],
    volumeMounts: [
      "The folder with an application's token: items of its volumeMounts. Argument: the application's name.",
      yaml(application.volumeMounts)
        .map((line) => line.replaceAll(MARKER, '{{ . }}'))
        .join('\n'),
    ],
  };
  const texts = Object.entries(named).map(
    ([name, [meaning, text]]) =>
      `{{/* ${meaning} */}}\n{{- define "${agent.AGENT_HELM_CHART}.${name}" -}}\n${text.trimEnd()}\n{{- end -}}\n`,
  );
  return [part('_config.tpl'), ...texts].join('\n');
}

function part(file) {
  const text = readFileSync(join(PARTS, file), 'utf8').replace(/@([A-Z_]+)@/g, (whole, name) => FACTS[name] ?? whole);
  const left = /@[A-Z_]+@/.exec(text);
  if (left !== null) throw new Error(`${file}: ${left[0]} is no fact`);
  return text;
}

function chartFile() {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return Yaml.stringify({
    apiVersion: 'v2',
    name: agent.AGENT_HELM_CHART,
    description: 'Axiom Runner: the local secret agent as a sidecar in the charts of applications',
    type: 'library',
    version,
    appVersion: version,
    // The first with sidecars of its own kind.
    kubeVersion: '>=1.29.0-0',
  });
}

/** Writes the chart into a folder; answers with the paths. */
export function renderAgentHelmChart(folder = join(root, 'deploy')) {
  const chart = join(folder, 'helm', agent.AGENT_HELM_CHART);
  const made = '# Made by "npm run render" from tools/render/agent-helm.mjs: change that, not this file.\n';
  const files = { 'Chart.yaml': made + chartFile(), 'README.md': part('README.md'), 'templates/_secret-agent.tpl': templates() };
  return writeChart(chart, files);
}

if (process.argv[1] === import.meta.filename) {
  for (const path of renderAgentHelmChart(process.argv[2] === undefined ? undefined : resolve(process.argv[2]))) console.error(path);
}
