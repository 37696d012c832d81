import { NestedStack, Stack } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { RunnerImage } from '../../../constructs';
import { anEcsRunner, theContainerIn } from '../../support/ecs-runner';
import { ACCOUNT, anApp, aStackIn, OTHER_ACCOUNT, refusalOf } from '../../support/synth';

const arnIn = (region: string, account: string, name: string) => `arn:aws:secretsmanager:${region}:${account}:secret:${name}`;
const byArn = (stack: Stack, arn: string) => secretsmanager.Secret.fromSecretCompleteArn(stack, 'Own', arn);

describe('a secret of the runner itself', () => {
  it.each(['apiKeySecret', 'stateKeySecret'])('%s is in the region of the runner, the only one that it asks', (setting) => {
    const stack = aStackIn('eu-central-1');
    const secret = byArn(stack, arnIn('us-east-1', ACCOUNT, 'axiom-runner/key-AbCdEf'));
    expect(refusalOf(() => anEcsRunner(stack, { [setting]: secret }))).toContain(
      `[Stack/Runner] ${setting} is a secret in us-east-1. Allowed: a secret in eu-central-1, where the runner is.`,
    );
  });

  it('may be in another region, when ECS reads it for the image', () => {
    const stack = aStackIn('eu-central-1');
    const apiKeySecret = byArn(stack, arnIn('us-east-1', ACCOUNT, 'axiom-runner/key-AbCdEf'));
    expect(() => anEcsRunner(stack, { apiKeySecret, image: RunnerImage.published() })).not.toThrow();
  });

  it('is of another account by its complete ARN only', () => {
    const stack = aStackIn('eu-central-1');
    const partialArn = arnIn('eu-central-1', OTHER_ACCOUNT, 'axiom-runner/key');
    const partial = secretsmanager.Secret.fromSecretPartialArn(stack, 'Partial', partialArn);
    expect(refusalOf(() => anEcsRunner(stack, { apiKeySecret: partial }))).toContain(
      `[Stack/Runner] apiKeySecret is a secret of account ${OTHER_ACCOUNT} without the end of its ARN. Allowed: the complete ARN`,
    );
    const complete = aStackIn('eu-central-1');
    anEcsRunner(complete, { apiKeySecret: byArn(complete, `${partialArn}-AbCdEf`) });
    expect(theContainerIn(complete)['Environment']).toContainEqual({ Name: 'RUNNER_API_KEY_SECRET_ID', Value: `${partialArn}-AbCdEf` });
  });

  it('is no integration secret, when it is the state key', () => {
    const stack = aStackIn('eu-central-1');
    const stateKeySecret = secretsmanager.Secret.fromSecretNameV2(stack, 'Own', 'axiom-security/okta/example');
    expect(refusalOf(() => anEcsRunner(stack, { stateKeySecret }))).toContain(
      '[Stack/Runner] stateKeySecret is "axiom-security/okta/example". Allowed: a secret whose name does not begin with axiom-security/.',
    );
  });
});

it("the log's key in a parent of a nested stack does not wait for the nested stack", () => {
  const parent = new Stack(anApp(), 'Parent', { env: { account: ACCOUNT, region: 'eu-central-1' } });
  const logEncryptionKey = new kms.Key(parent, 'Key', { enableKeyRotation: true });
  anEcsRunner(new NestedStack(parent, 'Nested'), { logEncryptionKey });
  const policy = JSON.stringify(parent.resolve((logEncryptionKey.node.defaultChild as kms.CfnKey).keyPolicy));
  expect(policy).toContain(':log-group:Parent-*');
  expect(policy).not.toContain('Nested');
});
