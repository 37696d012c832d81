import { App, Chart } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { SecretAgentPodSidecar } from '../../../constructs';

/** Prints the manifest of an application with the secret agent beside it: what the chart in deploy/helm makes for the same values. */
const app = new App();
const chart = new Chart(app, 'Shop');
const workload = new kplus.Deployment(chart, 'Workload', {
  metadata: { name: 'shop' },
  replicas: 1,
  securityContext: { fsGroup: 65532 },
  select: false,
  podMetadata: { labels: { app: 'shop' } },
});
workload.select(kplus.LabelSelector.of({ labels: { app: 'shop' } }));
const shop = workload.addContainer({
  name: 'shop',
  image: 'registry.example.com/shop',
  securityContext: {
    capabilities: { drop: [kplus.Capability.ALL] },
    seccompProfile: { type: kplus.SeccompProfileType.RUNTIME_DEFAULT },
  },
});
new SecretAgentPodSidecar(chart, 'Agent', {
  workload,
  image: 'registry.example.com/runner:1',
  config: {
    cache: { ttl: 60 },
    rotation: { hooks: [{ name: 'file', secrets: ['*'], file: { path: '/tmp/x', template: '$(HOME) {{password}}' } }] },
  },
}).mountInto(shop, { application: 'shop', allow: ['db-production'] });
console.log(app.synthYaml());
