import { SecretAgentPodSidecar } from 'axiom-runner';
import { App, Chart } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';

/**
 * An application in Kubernetes with the secret agent beside it. The role in AWS of the service account is the agent's: it must be allowed
 * to read the secret, and to write into the log group. Each pod has an agent of its own, so rotations are noticed by a schedule.
 */
const app = new App();
const chart = new Chart(app, 'shop', { namespace: 'shop' });

const deployment = new kplus.Deployment(chart, 'Shop', {
  replicas: 3,
  serviceAccount: kplus.ServiceAccount.fromServiceAccountName(chart, 'Account', 'shop'),
  securityContext: { fsGroup: 65532 }, // by this group the application reads its token
  automountServiceAccountToken: false, // that of IRSA or Pod Identity is another one
});
const shop = deployment.addContainer({
  name: 'shop',
  image: 'registry.example.com/shop:1.4.2',
  securityContext: {
    user: 10001,
    group: 10001,
    capabilities: { drop: [kplus.Capability.ALL] },
    seccompProfile: { type: kplus.SeccompProfileType.RUNTIME_DEFAULT },
  },
});

const agent = new SecretAgentPodSidecar(chart, 'SecretAgent', {
  workload: deployment,
  image: 'registry.example.com/axiom-runner@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef',
  config: {
    vault: { type: 'aws-secrets-manager', region: 'eu-central-1' },
    secrets: { 'db-production': { name: 'shop/production/database' } },
    rotation: { schedules: [{ cron: '*/5 * * * *', secrets: ['db-production'] }] },
    audit: { sinks: [{ type: 'cloudwatch', log_group: '/shop/secret-audit', region: 'eu-central-1' }] },
  },
});
agent.mountInto(shop, { application: 'shop', allow: ['db-production'] });

app.synth();
