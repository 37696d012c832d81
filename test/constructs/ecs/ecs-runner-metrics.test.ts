import { Duration, type Stack } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import { EcsRunnerCapacity } from '../../../constructs';
import { anEcsRunner } from '../../support/ecs-runner';
import { aNetwork } from '../../support/networks';
import { aStackIn } from '../../support/synth';

/** A metric as a dashboard or an alarm would have it. */
function configOf(stack: Stack, metric: cloudwatch.IMetric): unknown {
  return stack.resolve(metric.toMetricConfig());
}

describe('metrics of the tasks', () => {
  const stack = aStackIn('eu-central-1');
  const runner = anEcsRunner(stack);
  const ofService = [
    { name: 'ClusterName', value: { Ref: 'RunnerCluster2ECE3DAD' } },
    { name: 'ServiceName', value: { 'Fn::GetAtt': ['RunnerService966EEC2D', 'Name'] } },
  ];

  it.each([
    ['CPUUtilization', runner.metricCpuUtilization()],
    ['MemoryUtilization', runner.metricMemoryUtilization()],
  ])('%s is of the service', (metricName, metric) => {
    expect(configOf(stack, metric)).toMatchObject({
      metricStat: { namespace: 'AWS/ECS', metricName, dimensions: ofService, statistic: 'Average', period: Duration.minutes(5) },
    });
  });

  it('the disk is what is used of what there is, at most', () => {
    const { mathExpression } = runner.metricDiskUtilization({ period: Duration.minutes(1) }).toMetricConfig();
    expect(mathExpression?.expression).toBe('100 * used / reserved');
    const parts = Object.values(mathExpression?.usingMetrics ?? {}).map((metric) => configOf(stack, metric));
    expect(parts).toEqual(
      ['EphemeralStorageUtilized', 'EphemeralStorageReserved'].map((metricName) =>
        expect.objectContaining({
          metricStat: expect.objectContaining({
            namespace: 'ECS/ContainerInsights',
            metricName,
            dimensions: ofService,
            statistic: 'Maximum',
          }),
        }),
      ),
    );
  });
});

it("the disk of tasks on instances is the instances'", () => {
  const stack = aStackIn('eu-central-1');
  const cluster = ecs.Cluster.fromClusterAttributes(stack, 'Cluster', { clusterName: 'shared', vpc: aNetwork(stack) });
  const capacity = EcsRunnerCapacity.capacityProviders([{ capacityProvider: 'instances', weight: 1 }]);
  expect(configOf(stack, anEcsRunner(stack, { cluster, capacity }).metricDiskUtilization())).toMatchObject({
    metricStat: { metricName: 'instance_filesystem_utilization', dimensions: [{ name: 'ClusterName', value: 'shared' }] },
  });
});
