import { CfnOutput, Duration, Size, type Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import { SITE } from '../synth-site.js';
import { environment, grantCommon, type Host, logGroup, type Place, records } from './host.js';

export function ecsHost(stack: Stack, place: Place): Host {
  const own = records(stack, 'Ecs');
  const cluster = new ecs.Cluster(stack, 'EcsCluster', { vpc: place.vpc, containerInsightsV2: ecs.ContainerInsights.ENABLED });
  const log = logGroup(stack, 'Ecs');
  const role = new iam.Role(stack, 'EcsTaskRole', {
    description: 'Axiom Runner: what the runner may do',
    assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com', {
      conditions: {
        StringEquals: { 'aws:SourceAccount': stack.account },
        ArnLike: { 'aws:SourceArn': `arn:aws:ecs:${stack.region}:${stack.account}:*` },
      },
    }),
  });
  grantCommon(role, place, own);
  const executionRole = new iam.Role(stack, 'EcsExecutionRole', {
    description: 'Axiom Runner: pulls the image and writes the log',
    assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com'),
  });
  const taskDefinition = new ecs.FargateTaskDefinition(stack, 'EcsTask', {
    cpu: 1024,
    memoryLimitMiB: 2048,
    ephemeralStorageGiB: 50,
    runtimePlatform: { cpuArchitecture: ecs.CpuArchitecture.X86_64, operatingSystemFamily: ecs.OperatingSystemFamily.LINUX },
    taskRole: role,
    executionRole,
    volumes: [{ name: 'scratch' }],
  });
  const linuxParameters = new ecs.LinuxParameters(stack, 'EcsLinux', { initProcessEnabled: true });
  linuxParameters.dropCapabilities(ecs.Capability.ALL);
  const container = taskDefinition.addContainer('runner', {
    image: ecs.ContainerImage.fromEcrRepository(place.repository, SITE.imageDigest),
    environment: environment('ecs', place, own),
    readonlyRootFilesystem: true,
    linuxParameters,
    stopTimeout: Duration.seconds(120),
    healthCheck: {
      command: ['CMD', 'axiomrunner', 'health'],
      interval: Duration.seconds(60),
      timeout: Duration.seconds(10),
      retries: 10,
      startPeriod: Duration.seconds(60),
    },
    logging: ecs.LogDrivers.awsLogs({
      logGroup: log,
      streamPrefix: 'runner',
      mode: ecs.AwsLogDriverMode.NON_BLOCKING,
      maxBufferSize: Size.mebibytes(25),
    }),
  });
  container.addMountPoints({ sourceVolume: 'scratch', containerPath: '/tmp', readOnly: false });
  const securityGroup = new ec2.SecurityGroup(stack, 'EcsSecurityGroup', {
    vpc: place.vpc,
    description: 'Axiom Runner: nothing comes in',
    allowAllOutbound: true,
  });
  const service = new ecs.FargateService(stack, 'EcsService', {
    cluster,
    taskDefinition,
    vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS },
    securityGroups: [securityGroup],
    assignPublicIp: false,
    desiredCount: 2,
    minHealthyPercent: 100,
    maxHealthyPercent: 200,
    circuitBreaker: { enable: true, rollback: true },
    enableExecuteCommand: false,
    propagateTags: ecs.PropagatedTagSource.SERVICE,
    platformVersion: ecs.FargatePlatformVersion.LATEST,
  });
  service.node.addDependency(role, executionRole);
  outputs(stack, service, log.logGroupName);
  return {
    id: 'Ecs',
    group: 'ecs',
    role,
    logGroup: log,
    cpu: service.metricCpuUtilization(),
    memory: service.metricMemoryUtilization(),
    disk: disk(service),
  };
}

function disk({ cluster: { clusterName }, serviceName }: ecs.FargateService): cloudwatch.IMetric {
  const insight = (metricName: string) =>
    new cloudwatch.Metric({
      namespace: 'ECS/ContainerInsights',
      metricName,
      dimensionsMap: { ClusterName: clusterName, ServiceName: serviceName },
      statistic: cloudwatch.Stats.MAXIMUM,
    });
  return new cloudwatch.MathExpression({
    expression: '100 * used / reserved',
    usingMetrics: { used: insight('EphemeralStorageUtilized'), reserved: insight('EphemeralStorageReserved') },
    label: 'DiskUtilization',
  });
}

function outputs(stack: Stack, { cluster: { clusterName }, serviceName, taskDefinition }: ecs.FargateService, logGroupName: string): void {
  const { region } = stack;
  const network = `aws ecs describe-services --cluster ${clusterName} --services ${serviceName} --region ${region} --query 'services[0].networkConfiguration' --output json`;
  const overrides = '{"containerOverrides":[{"name":"runner","command":["doctor"]}]}';
  new CfnOutput(stack, 'EcsLogsCommand', {
    description: 'Shows what the runners log',
    value: `aws logs tail ${logGroupName} --follow --since 1h --region ${region}`,
  });
  new CfnOutput(stack, 'EcsDoctorCommand', {
    description: 'Looks at everything that a runner needs; the answer stands in the log',
    value: `aws ecs run-task --cluster ${clusterName} --region ${region} --task-definition ${taskDefinition.taskDefinitionArn} --launch-type FARGATE --network-configuration "$(${network})" --overrides '${overrides}'`,
  });
  new CfnOutput(stack, 'EcsUpdateCommand', {
    description: 'Starts the runners again, one after another',
    value: `aws ecs update-service --force-new-deployment --cluster ${clusterName} --service ${serviceName} --region ${region}`,
  });
}
