import { Yaml } from 'cdk8s';
import type { KubernetesObject } from '../support/kubernetes';
import { environmentOf, theConfiguration, theContainer } from '../support/secret-agent';
import { statementsIn, templateOf } from '../support/synth';
import { manifestsOf, stackOf } from './support/example';

// biome-ignore lint/suspicious/noExplicitAny: a template is JSON of any shape
type Json = any;

/** Actions that the identity policies of a stack allow on resources whose text has a part in it. */
function allowedOn(stack: Parameters<typeof statementsIn>[0], part: string): string[] {
  const statements = (statementsIn(stack) as Json[]).filter(({ Resource }) => JSON.stringify(Resource).includes(part));
  return statements.flatMap(({ Action }) => Action);
}

describe('secret-agent-ecs', () => {
  const stack = stackOf('secret-agent-ecs', 'Shop');

  it('lets the application have one secret, which the agent may read, and no other', () => {
    expect(theConfiguration(stack)).toMatchObject({
      secrets: { 'db-production': { name: 'shop/production/database' } },
      applications: { shop: { allow: ['db-production'] } },
    });
    expect(allowedOn(stack, ':secret:')).toEqual(['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue']);
    expect(allowedOn(stack, ':secret:shop/production/database-??????')).toHaveLength(2);
  });

  it('tells the agent of the rotations of this secret', () => {
    const rules: Json[] = Object.values(templateOf(stack).findResources('AWS::Events::Rule'));
    expect(rules.map(({ Properties }) => JSON.stringify(Properties.EventPattern).includes('shop/production/database'))).toEqual([
      true,
      true,
      true,
    ]);
    expect(theConfiguration(stack).rotation.events.queue_url).toMatch(/^‹RotationQueue/);
    templateOf(stack).hasResourceProperties('AWS::ECS::Service', { DesiredCount: 1 });
  });

  it('gives the application no secret, only the place of its token', () => {
    const shop = theContainer(stack, 'shop');
    expect(shop).not.toHaveProperty('Secrets');
    expect(Object.keys(environmentOf(shop))).toEqual(['SEGURA_AGENT_ADDRESS', 'SEGURA_AGENT_TOKEN_FILE']);
  });
});

describe('rotation-events', () => {
  const stack = stackOf('rotation-events', 'SecretRotation');

  it('lets the role of the host receive messages, and nothing else', () => {
    expect((statementsIn(stack) as Json[]).flatMap(({ Action }) => Action)).toEqual([
      'sqs:ChangeMessageVisibility',
      'sqs:DeleteMessage',
      'sqs:ReceiveMessage',
    ]);
  });

  it('alarms when a message could not be handled', () => {
    templateOf(stack).hasResourceProperties('AWS::CloudWatch::Alarm', { MetricName: 'ApproximateNumberOfMessagesVisible', Threshold: 1 });
  });
});

describe('secret-agent-kubernetes', () => {
  const files = manifestsOf('secret-agent-kubernetes');
  const objects: KubernetesObject[] = Yaml.load(files['shop.k8s.yaml'] ?? '');
  const pod = objects[0]?.['spec'].template.spec;

  it('writes one object, in which both containers keep to the Pod Security Standard "restricted"', () => {
    expect(objects.map(({ kind }) => kind)).toEqual(['Deployment']);
    for (const { securityContext } of [...pod.initContainers, ...pod.containers]) {
      expect(securityContext).toMatchObject({
        runAsNonRoot: true,
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
        seccompProfile: { type: 'RuntimeDefault' },
      });
    }
  });

  it('looks for rotations in each pod by itself: no queue, which pods would share', () => {
    const [{ value }] = pod.initContainers[0].env;
    expect(JSON.parse(value).rotation).toEqual({ schedules: [{ cron: '*/5 * * * *', secrets: ['db-production'] }] });
  });
});
