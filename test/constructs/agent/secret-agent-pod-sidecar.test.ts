import { App } from 'aws-cdk-lib';
import { Size, Testing } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { SecretAgentPodSidecar, type SecretAgentPodSidecarProps } from '../../../constructs';
import { refusalOf } from '../../support/synth';

// biome-ignore lint/suspicious/noExplicitAny: as deep as the kind's own schema
type Json = any;

/** A Deployment with the application `shop`, and the agent beside it. */
function aWorkload(props: Partial<SecretAgentPodSidecarProps> = {}) {
  const chart = Testing.chart();
  const workload = new kplus.Deployment(chart, 'Shop', { securityContext: { fsGroup: 65532 } });
  const shop = workload.addContainer({ image: 'registry.example.com/shop', name: 'shop' });
  const agent = new SecretAgentPodSidecar(chart, 'Agent', { workload, image: 'registry.example.com/runner:1', ...props });
  agent.mountInto(shop, { application: 'shop', allow: ['db-production'] });
  const synth = () => Testing.synth(chart) as Json[];
  return { chart, workload, agent, pod: (): Json => synth()[0].spec.template.spec, synth };
}

const agentIn = (pod: Json): Json => [...(pod.initContainers ?? []), ...pod.containers].find(({ name }) => name === 'secret-agent');
const appIn = (pod: Json, name = 'shop'): Json => pod.containers.find((container: Json) => container.name === name);
const environmentOf = (container: Json): Record<string, string> =>
  Object.fromEntries(container.env.map(({ name, value }: Json) => [name, value]));
const configurationIn = (pod: Json): Json => JSON.parse(environmentOf(agentIn(pod))['AXIOMRUNNER_AGENT_CONFIG_TEXT'] ?? '');

describe('the agent in a pod', () => {
  const { pod, synth } = aWorkload();

  it('adds no object: no Service, no ConfigMap, no Secret', () => {
    expect(synth().map(({ kind }) => kind)).toEqual(['Deployment']);
  });

  it('is a sidecar of its own kind, which is there before the application starts', () => {
    expect(pod().initContainers).toHaveLength(1);
    expect(agentIn(pod())).toMatchObject({ restartPolicy: 'Always', args: ['agent'], image: 'registry.example.com/runner:1' });
    expect(agentIn(pod()).startupProbe).toMatchObject({
      exec: { command: ['axiomrunner', 'agent', 'health'] },
      periodSeconds: 2,
      failureThreshold: 30,
    });
    expect(agentIn(pod()).livenessProbe).toMatchObject({ exec: { command: ['axiomrunner', 'agent', 'health'] }, periodSeconds: 30 });
  });

  it('keeps to the Pod Security Standard "restricted"', () => {
    expect(agentIn(pod()).securityContext).toEqual({
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      privileged: false,
      readOnlyRootFilesystem: true,
      runAsGroup: 65532,
      runAsNonRoot: true,
      runAsUser: 65532,
      seccompProfile: { type: 'RuntimeDefault' },
    });
  });

  it('asks for little, and may not have more memory', () => {
    expect(agentIn(pod()).resources).toEqual({ requests: { cpu: '50m', memory: '384Mi' }, limits: { memory: '384Mi' } });
  });

  it('opens no port: it listens on loopback', () => {
    expect(agentIn(pod())).not.toHaveProperty('ports');
    expect(configurationIn(pod())).not.toHaveProperty('listen');
  });

  it('writes into volumes of the pod only, tokens into memory', () => {
    expect(pod().volumes).toEqual([
      { name: 'secret-agent-of-shop', emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } },
      { name: 'secret-agent-state', emptyDir: { sizeLimit: '1024Mi' } },
      { name: 'secret-agent-scratch', emptyDir: { sizeLimit: '64Mi' } },
    ]);
    expect(agentIn(pod()).volumeMounts).toEqual([
      { mountPath: '/var/lib/axiomrunner', name: 'secret-agent-state' },
      { mountPath: '/tmp', name: 'secret-agent-scratch' },
      { mountPath: '/run/axiomrunner/shop', name: 'secret-agent-of-shop' },
    ]);
  });

  it('gets its configuration by a variable, with no secret in it', () => {
    expect(configurationIn(pod())).toEqual({
      state: '/var/lib/axiomrunner/agent',
      applications: { shop: { token_file: '/run/axiomrunner/shop/token', token_file_mode: '0440', allow: ['db-production'] } },
    });
  });
});

describe('an application', () => {
  it('knows where to ask, and sees its own token only', () => {
    const { workload, agent, pod } = aWorkload();
    agent.mountInto(workload.addContainer({ image: 'reports', name: 'reports' }), { application: 'reports', allow: ['dwh/*'] });
    for (const name of ['shop', 'reports']) {
      expect(appIn(pod(), name).volumeMounts).toEqual([{ mountPath: '/run/axiomrunner', name: `secret-agent-of-${name}`, readOnly: true }]);
      expect(environmentOf(appIn(pod(), name))).toEqual({
        SEGURA_AGENT_ADDRESS: 'http://localhost:8787',
        SEGURA_AGENT_TOKEN_FILE: '/run/axiomrunner/token',
      });
    }
    expect(Object.keys(configurationIn(pod()).applications)).toEqual(['shop', 'reports']);
  });

  it('may have several containers', () => {
    const { workload, agent, pod } = aWorkload();
    agent.mountInto(workload.addContainer({ image: 'worker', name: 'worker' }), { application: 'shop' });
    expect(appIn(pod(), 'worker').volumeMounts).toEqual(appIn(pod()).volumeMounts);
    expect(pod().volumes).toHaveLength(3);
  });

  it.each([
    ['capital letters', 'Shop', 'application is "Shop"'],
    ['51 letters', 'a'.repeat(51), 'of length 51'],
  ])('is refused with %s in its name', (_, application, message) => {
    const { workload, agent } = aWorkload();
    const container = workload.addContainer({ image: 'more', name: 'more' });
    expect(refusalOf(() => agent.mountInto(container, { application, allow: ['x'] }))).toContain(message);
  });
});

it('keeps what the user wrote, and dollar signs from being read as references', () => {
  const hooks = [{ name: 'reload', secrets: ['*'], file: { path: '/tmp/x', template: '$(HOME) $$' } }];
  const { pod } = aWorkload({ config: { cache: { ttl: 60 }, rotation: { hooks } } });
  const text = environmentOf(agentIn(pod()))['AXIOMRUNNER_AGENT_CONFIG_TEXT'] ?? '';
  expect(text).toContain('$$(HOME) $$$$');
  expect(JSON.parse(text.replaceAll('$$', '$'))).toMatchObject({ cache: { ttl: 60 }, rotation: { hooks } });
});

it('is a container like the others for a cluster that knows no sidecars', () => {
  const { pod } = aWorkload({ nativeSidecar: false });
  expect(pod().initContainers).toBeUndefined();
  expect(agentIn(pod())).not.toHaveProperty('restartPolicy');
  expect(pod().containers.map(({ name }: Json) => name)).toEqual(['shop', 'secret-agent']);
});

it('has the memory and CPU that it is given', () => {
  const { pod } = aWorkload({ cpu: kplus.Cpu.units(1), memory: Size.gibibytes(1) });
  expect(agentIn(pod()).resources).toEqual({ requests: { cpu: '1', memory: '1024Mi' }, limits: { memory: '1024Mi' } });
});

it.each([
  ['an image that is none', { image: '<IMAGE>' }, 'image is "<IMAGE>"'],
  ['a place to listen', { config: { listen: {} } }, 'config.listen is given'],
])('refuses %s', (_, props, message) => {
  expect(refusalOf(() => aWorkload(props))).toContain(message);
});

it('refuses a workload whose applications could not read their tokens', () => {
  const chart = Testing.chart();
  const workload = new kplus.Deployment(chart, 'Shop');
  expect(refusalOf(() => new SecretAgentPodSidecar(chart, 'Agent', { workload, image: 'runner' }))).toContain(
    'workload is without fsGroup',
  );
});

it('needs no app of the AWS CDK', () => {
  expect(App.isApp(aWorkload().chart.node.root)).toBe(false);
});
