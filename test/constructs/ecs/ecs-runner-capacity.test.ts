import type { Stack } from 'aws-cdk-lib';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import { EcsRunnerCapacity, type EcsRunnerProps } from '../../../constructs';
import { anEcsRunner, aStackWithEcsRunner, theServiceIn, theTaskIn } from '../../support/ecs-runner';
import { aNetwork } from '../../support/networks';
import { aStack, aStackIn, findingsIn, refusalOf, templateOf } from '../../support/synth';

const aCluster = (stack: Stack) => ecs.Cluster.fromClusterAttributes(stack, 'Cluster', { clusterName: 'shared', vpc: aNetwork(stack) });
const onInstances = EcsRunnerCapacity.capacityProviders([{ capacityProvider: 'instances', weight: 1 }]);

describe('Fargate Spot', () => {
  const stack = aStackWithEcsRunner(() => ({ capacity: EcsRunnerCapacity.fargateSpot() }));

  it('keeps one task on Fargate and lets the others be taken back', () => {
    expect(theServiceIn(stack)['CapacityProviderStrategy']).toEqual([
      { CapacityProvider: 'FARGATE', Base: 1, Weight: 1 },
      { CapacityProvider: 'FARGATE_SPOT', Weight: 99 },
    ]);
    expect(theServiceIn(stack)).not.toHaveProperty('LaunchType');
  });

  it('is switched on in the new cluster, before the service is made', () => {
    const [[id, association] = []] = Object.entries(templateOf(stack).findResources('AWS::ECS::ClusterCapacityProviderAssociations'));
    expect(association?.['Properties'].CapacityProviders).toEqual(['FARGATE', 'FARGATE_SPOT']);
    const [service] = Object.values(templateOf(stack).findResources('AWS::ECS::Service'));
    expect(service?.['DependsOn']).toContain(id);
  });

  it('is what the doctor runs on', () => {
    expect(JSON.stringify(templateOf(stack).findOutputs('*'))).toContain(
      '--capacity-provider-strategy capacityProvider=FARGATE,base=1,weight=1 capacityProvider=FARGATE_SPOT,base=0,weight=99',
    );
  });

  it('has no findings', () => {
    expect(findingsIn(stack)).toEqual([]);
  });
});

describe('instances of a cluster', () => {
  const stack = aStackWithEcsRunner((scope) => ({ cluster: aCluster(scope), capacity: onInstances }));

  it('run tasks that have network interfaces of their own', () => {
    expect(theTaskIn(stack)).toMatchObject({ NetworkMode: 'awsvpc', RequiresCompatibilities: ['EC2'], Cpu: '1024', Memory: '2048' });
    expect(theTaskIn(stack)).not.toHaveProperty('EphemeralStorage');
    expect(theServiceIn(stack)).toMatchObject({
      Cluster: 'shared',
      CapacityProviderStrategy: [{ CapacityProvider: 'instances', Weight: 1 }],
      PlacementConstraints: [{ Type: 'memberOf', Expression: 'attribute:ecs.cpu-architecture == x86_64' }],
      PlacementStrategies: [{ Type: 'spread', Field: 'attribute:ecs.availability-zone' }],
      NetworkConfiguration: { AwsvpcConfiguration: { Subnets: ['subnet-0aaaaaaaaaaaaaaaa', 'subnet-0bbbbbbbbbbbbbbbb'] } },
    });
    expect(findingsIn(stack)).toEqual([]);
  });

  it('have a disk of their own', () => {
    const other = aStack();
    expect(refusalOf(() => anEcsRunner(other, { cluster: aCluster(other), capacity: onInstances, ephemeralStorageGiB: 50 }))).toContain(
      '[Stack/Runner] ephemeralStorageGiB is given, and the tasks do not run on Fargate. Allowed: none.',
    );
  });

  it('take a cluster, and a provider of some weight', () => {
    expect(refusalOf(() => anEcsRunner(aStack(), { capacity: onInstances }))).toContain('[Stack/Runner] cluster is missing');
    const capacity = EcsRunnerCapacity.capacityProviders([{ capacityProvider: 'instances', weight: 0 }]);
    expect(refusalOf(() => anEcsRunner(aStack(), { capacity }))).toContain('[Stack/Runner] capacity is without a weight.');
  });

  it.each<[Partial<EcsRunnerProps>, string]>([
    [{ cpu: 0 }, 'cpu is 0. Allowed: a whole number from 128 to 196608.'],
    [{ cpu: Number.NaN }, 'cpu is NaN.'],
    [{ memoryLimitMiB: -1 }, 'memoryLimitMiB is -1. Allowed: a whole number from 6.'],
    [{ memoryLimitMiB: 0.5 }, 'memoryLimitMiB is 0.5.'],
  ])('have no room for tasks of %p', (props, message) => {
    const other = aStack();
    const refused = () => anEcsRunner(other, { cluster: aCluster(other), capacity: onInstances, ...props });
    expect(refusalOf(refused)).toContain(`[Stack/Runner] ${message}`);
  });

  it.each<[string, ecs.CapacityProviderStrategy[], string]>([
    ['no name', [{ capacityProvider: ' ', weight: 1 }], 'capacity is a capacity provider without a name.'],
    ['no whole weight', [{ capacityProvider: 'a', weight: 0.5 }], 'capacity weight of a is 0.5. Allowed: a whole number from 0 to 1000.'],
    ['a base below zero', [{ capacityProvider: 'a', weight: 1, base: -1 }], 'capacity base of a is -1.'],
    [
      'two bases',
      ['a', 'b'].map((capacityProvider) => ({ capacityProvider, weight: 1, base: 1 })),
      'capacity is more than one base. Allowed: one capacity provider with a base.',
    ],
  ])('are refused with %s', (_, strategies, message) => {
    const capacity = EcsRunnerCapacity.capacityProviders(strategies);
    expect(refusalOf(() => anEcsRunner(aStack(), { capacity }))).toContain(`[Stack/Runner] ${message}`);
  });
});

describe('a cluster of your own', () => {
  it('is used with its network, and gets no sibling', () => {
    const stack = aStackWithEcsRunner((scope) => ({ cluster: aCluster(scope) }));
    expect(theServiceIn(stack)).toMatchObject({ Cluster: 'shared', LaunchType: 'FARGATE' });
    templateOf(stack).resourceCountIs('AWS::ECS::Cluster', 0);
  });

  it('is not given together with a network', () => {
    const stack = aStackIn('eu-central-1');
    const both = () => anEcsRunner(stack, { cluster: aCluster(stack), vpc: aNetwork(stack, 'Other') });
    expect(refusalOf(both)).toContain('[Stack/Runner] vpc is given, and so is cluster.');
  });
});
