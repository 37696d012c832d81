import type { Stack } from 'aws-cdk-lib';
import { RunnerMonitoring } from '../../../constructs';
import { METRIC_DIMENSION, METRIC_TASK_TYPE_DIMENSION, METRICS } from '../../../contract/metrics';
import { WORKFLOW_TYPES } from '../../../contract/tasks';
import { monitored, widgetsIn } from '../../support/monitoring';
import { StandInHost } from '../../support/runner-host';
import { aStack, aStackIn, findingsIn, logicalIdsIn, PARTITIONS, templateOf, theOne } from '../../support/synth';

describe('the dashboard', () => {
  const metricsOn = (stack: Stack) => widgetsIn(stack).flatMap(({ properties }) => properties.metrics ?? []);

  it.each(METRICS.map(({ cloudWatch }) => cloudWatch))('shows %s', (name) => {
    const shown = metricsOn(monitored().stack).filter(([namespace, metric]) => namespace === 'AxiomRunner' && metric === name);
    expect(shown).not.toEqual([]);
  });

  it.each(WORKFLOW_TYPES)('shows how many tasks of the type %s were done and failed', (type) => {
    const shown = metricsOn(monitored().stack).filter((row) => row.includes(type));
    expect(shown.map(([, metric, ...dimensions]) => [metric, ...dimensions.slice(0, 4)])).toEqual(
      ['TasksSucceeded', 'TasksFailed'].map((metric) => [metric, METRIC_DIMENSION, 'group', METRIC_TASK_TYPE_DIMENSION, type]),
    );
  });

  it('shows no metric under dimensions that the runner does not emit it with', () => {
    const emitted = METRICS.flatMap(({ cloudWatch, dimensionSets }) => dimensionSets.map((set) => [cloudWatch, ...set].join()));
    const shown = metricsOn(monitored().stack)
      .filter(([namespace]) => namespace === 'AxiomRunner')
      .map(([, metric, ...rest]) => [metric, ...rest.filter((part, index) => index % 2 === 0 && typeof part === 'string')].join());
    expect(shown.filter((name) => !emitted.includes(name))).toEqual([]);
  });

  it('shows the host', () => {
    const shown = metricsOn(monitored().stack).filter(([namespace]) => namespace === 'Host');
    expect(shown.map(([, metric]) => metric)).toEqual(['CPUUtilization', 'MemoryUtilization', 'DiskUtilization']);
  });

  it('has a heading for each section, the state of all alarms, and the thresholds as lines', () => {
    const { stack, monitoring } = monitored();
    const widgets = widgetsIn(stack);
    expect(widgets.flatMap(({ properties }) => properties.markdown ?? [])).toEqual([
      '# Axiom Runner: group group',
      '## Tasks',
      '## Steps',
      '## Accesses, secrets, runners',
      '## Host',
    ]);
    expect(widgets.filter(({ type }) => type === 'alarm')).toHaveLength(1);
    expect(widgets.flatMap(({ properties }) => properties.annotations?.horizontal ?? [])).toHaveLength(monitoring.alarms.length);
  });

  it('is named by CloudFormation, or as it is told', () => {
    expect(theOne(templateOf(monitored().stack), 'AWS::CloudWatch::Dashboard')).not.toHaveProperty('DashboardName');
    const { stack, monitoring } = monitored({ dashboardName: 'axiom' });
    expect(theOne(templateOf(stack), 'AWS::CloudWatch::Dashboard')).toHaveProperty('DashboardName', 'axiom');
    expect(monitoring.dashboard.dashboardName).toBeDefined();
  });
});

describe('the saved queries', () => {
  const QUERY = 'AWS::Logs::QueryDefinition';

  it('are of the group, and over the log group of the host', () => {
    const { stack, monitoring } = monitored();
    const definitions = Object.values(templateOf(stack).findResources(QUERY)).map((query) => query['Properties']);
    expect(definitions.map(({ Name }) => Name)).toEqual([
      'AxiomRunner/group/Failed steps by code',
      'AxiomRunner/group/History of one request',
      'AxiomRunner/group/Accesses that were ended late',
      'AxiomRunner/group/Slowest steps',
      'AxiomRunner/group/Integration secrets that cannot be read or used',
    ]);
    for (const { LogGroupNames } of definitions) expect(LogGroupNames).toEqual(['/axiom-runner/group']);
    expect(monitoring.queries).toHaveLength(definitions.length);
  });

  it('say what they ask', () => {
    templateOf(monitored().stack).hasResourceProperties(QUERY, {
      Name: 'AxiomRunner/group/Failed steps by code',
      QueryString: [
        'filter event = "task.step" and outcome = "failed"',
        '| stats count(*) as attempts, latest(error.message) as lastMessage by error.code, step',
        '| sort attempts desc',
      ].join('\n'),
    });
  });

  it('are not made when the host knows no log group', () => {
    const { stack, monitoring } = monitored({}, { logs: false });
    templateOf(stack).resourceCountIs(QUERY, 0);
    expect(monitoring.queries).toEqual([]);
  });
});

describe('the construct', () => {
  it('keeps its logical ids', () => {
    expect(logicalIdsIn(monitored().stack).sort()).toEqual([
      'MonitoringCpu860F3E4D',
      'MonitoringDashboard0C3675C6',
      'MonitoringDiskF4D388E5',
      'MonitoringFailedStepsQuery7056B25D',
      'MonitoringFailedTasks01D21A85',
      'MonitoringLateEndsQuery22D4B8AF',
      'MonitoringMemoryF42A9A53',
      'MonitoringOverdueRevocations2E8B2231',
      'MonitoringQueueLag527BB8E1',
      'MonitoringRequestHistoryQueryCEDE07DA',
      'MonitoringSecretErrorsCFA36035',
      'MonitoringSecretErrorsQuery3BE23874',
      'MonitoringSlowestStepsQueryCE50D8ED',
      'MonitoringTooFewRunners1C05DC9B',
    ]);
  });

  it('may stand twice in a stack, for two groups', () => {
    const stack = aStack();
    for (const runnerGroupId of ['blue', 'green']) {
      const runner = new StandInHost(stack, runnerGroupId, { runnerGroupId });
      new RunnerMonitoring(stack, `${runnerGroupId}Monitoring`, { runner });
    }
    expect(findingsIn(stack)).toEqual([]);
  });

  it.each(PARTITIONS)('has no findings in $partition: no warnings, no errors, clean for cdk-nag', ({ region }) => {
    expect(findingsIn(monitored({}, {}, aStackIn(region)).stack)).toEqual([]);
  });
});
