import type { Stack } from 'aws-cdk-lib';
import { Annotations } from 'aws-cdk-lib';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { RunnerImage } from '../../../constructs';
import { PUBLISHED_IMAGE } from '../../../contract/image';
import { API_KEY_ARN, anEcsRunner, statementsOf, theContainerIn } from '../../support/ecs-runner';
import { aPostgresqlSecret } from '../../support/integration-secrets';
import { aStackIn, findingsIn, templateOf } from '../../support/synth';

const aStackOfItsOwn = () => aStackIn('eu-central-1');

describe('granting single integration secrets', () => {
  it('takes the permission for all of them away, also from what the service waits for', () => {
    const stack = aStackOfItsOwn();
    anEcsRunner(stack).grantRead(aPostgresqlSecret(stack));
    expect(JSON.stringify(statementsOf(stack, 'RunnerTaskRole'))).not.toContain('axiom-security/*');
    const [service] = Object.values(templateOf(stack).findResources('AWS::ECS::Service'));
    expect(service?.['DependsOn']).not.toContain('RunnerReadIntegrationSecretsB26B1C11');
    expect(service?.['DependsOn']).toContain('RunnerTaskRoleDefaultPolicy1C7A0A05');
  });
});

it('is a grantee like any role', () => {
  const stack = aStackOfItsOwn();
  new sqs.Queue(stack, 'Queue').grantSendMessages(anEcsRunner(stack));
  expect(JSON.stringify(statementsOf(stack, 'RunnerTaskRole'))).toContain('sqs:SendMessage');
});

describe('the published image', () => {
  const published = (stack: Stack) => anEcsRunner(stack, { image: RunnerImage.published() });
  const stack = aStackOfItsOwn();
  Annotations.of(published(stack)).acknowledgeWarning('axiom-runner:publishedImage', 'It is what this test is about.');

  it('gets the API key from ECS, which alone may read it', () => {
    const container = theContainerIn(stack);
    expect(container['Image']).toBe(PUBLISHED_IMAGE);
    expect(container['Secrets']).toEqual([{ Name: 'RUNNER_API_KEY', ValueFrom: API_KEY_ARN }]);
    expect(JSON.stringify(container['Environment'])).not.toContain('RUNNER_API_KEY');
    expect(JSON.stringify(statementsOf(stack, 'RunnerTaskRole'))).not.toContain(API_KEY_ARN);
    expect(JSON.stringify(statementsOf(stack, 'RunnerExecutionRole'))).toContain(API_KEY_ARN);
  });

  it('has neither health check nor doctor', () => {
    expect(theContainerIn(stack)).not.toHaveProperty('HealthCheck');
    expect(JSON.stringify(templateOf(stack).findOutputs('*'))).not.toContain('doctor');
  });

  it('is warned of, until that is acknowledged', () => {
    expect(findingsIn(stack)).toEqual([]);
    const other = aStackOfItsOwn();
    published(other);
    expect(findingsIn(other)).toEqual([expect.stringContaining('axiom-runner:publishedImage')]);
  });
});

it('reads an API key of a known name by that name', () => {
  const stack = aStackOfItsOwn();
  anEcsRunner(stack, { apiKeySecret: secretsmanager.Secret.fromSecretNameV2(stack, 'Key', 'axiom-runner/key') });
  expect(theContainerIn(stack)['Environment']).toContainEqual({ Name: 'RUNNER_API_KEY_SECRET_ID', Value: 'axiom-runner/key' });
  expect(JSON.stringify(statementsOf(stack, 'RunnerTaskRole'))).toContain(':secret:axiom-runner/key-??????');
});
