import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { RunnerOidcRole } from 'axiom-runner';

/**
 * The role of a runner in a cluster that this app doesn't make. The runner reads its API key and its state key by itself, so that no
 * key stands in a manifest.
 */
const ISSUER = 'oidc.eks.us-west-2.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE';

const app = new App();
const stack = new Stack(app, 'AxiomRunnerRole', { description: 'Role of an Axiom Runner in an existing EKS cluster' });

// The secret exists: the platform shows the key once, and you put it there.
const apiKeySecret = secretsmanager.Secret.fromSecretNameV2(stack, 'ApiKey', 'axiom-runner/api-key');
// Random; nobody needs to know it. Not under axiom-security/, where the integration secrets are.
const stateKeySecret = new secretsmanager.Secret(stack, 'StateKey', {
  secretName: 'axiom-runner/state-key',
  generateSecretString: { passwordLength: 64, excludePunctuation: true },
});

const runnerRole = new RunnerOidcRole(stack, 'RunnerRole', {
  oidcProvider: iam.OidcProviderNative.fromOidcProviderArn(stack, 'Provider', `arn:aws:iam::111122223333:oidc-provider/${ISSUER}`),
  apiKeySecret,
  stateKeySecret,
});

new CfnOutput(stack, 'AxiomRunnerIAMRole', { value: runnerRole.roleArn, description: 'Annotation eks.amazonaws.com/role-arn' });
new CfnOutput(stack, 'ApiKeySecretId', { value: apiKeySecret.secretName, description: 'RUNNER_API_KEY_SECRET_ID' });
new CfnOutput(stack, 'StateKeySecretId', { value: stateKeySecret.secretName, description: 'RUNNER_STATE_KEY_SECRET_ID' });
