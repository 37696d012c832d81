import { RunnerApiKey, RunnerChart } from 'axiom-runner';
import { App } from 'cdk8s';

/**
 * The Kubernetes objects alone, for GitOps or kubectl: no AWS account is asked for anything. The role, and the secrets with the two keys,
 * are made by others: see the example existing-cluster-role, whose outputs stand here.
 */
const app = new App();

new RunnerChart(app, 'axiom-runner', {
  kubernetesNamespace: 'axiom',
  tenantId: 'acme',
  runnerGroupId: 'eu-1',
  image:
    '111122223333.dkr.ecr.eu-central-1.amazonaws.com/axiom-runner@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef',
  roleArn: 'arn:aws:iam::111122223333:role/axiomrunner-role',
  apiKey: RunnerApiKey.fromSecretsManager('axiom-runner/api-key'),
  stateKeySecretId: 'axiom-runner/state-key',
  replicas: 3,
  egressCidrs: ['10.0.0.0/8'], // DNS and the published platform are always allowed
});

app.synth();
