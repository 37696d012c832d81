import { Annotations, Aws, CfnOutput, Duration, Lazy, type Stack, Tags } from 'aws-cdk-lib';
import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import { texts } from '../synth-texts.js';
import { grantCommon, type Host, logGroup, type Place, records } from './host.js';

const IMAGE = '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64';
const START_TIMEOUT = Duration.minutes(15);

export function ec2Host(stack: Stack, place: Place): Host {
  const own = records(stack, 'Ec2');
  const log = logGroup(stack, 'Ec2');
  const role = new iam.Role(stack, 'Ec2Role', {
    description: 'Axiom Runner on EC2',
    assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com'),
  });
  grantCommon(role, place, own);
  log.grantWrite(role);
  role.addToPolicy(
    new iam.PolicyStatement({
      actions: ['cloudwatch:PutMetricData'],
      resources: ['*'],
      conditions: { StringEquals: { 'cloudwatch:namespace': 'CWAgent' } },
    }),
  );
  const securityGroup = new ec2.SecurityGroup(stack, 'Ec2SecurityGroup', {
    vpc: place.vpc,
    description: 'Axiom Runner: nothing comes in',
    allowAllOutbound: true,
  });
  const references: Readonly<Record<string, string>> = {
    logGroup: log.logGroupName,
    stateKey: own.stateKey.secretArn,
    ledger: own.ledger.tableName,
    stack: Aws.STACK_NAME,
    group: Lazy.string({ produce: () => stack.getLogicalId(group.node.defaultChild as autoscaling.CfnAutoScalingGroup) }),
  };
  const userData = texts().userData.replace(/‹(\w+)›/g, (all, name: string) => references[name] ?? all);
  const launchTemplate = new ec2.LaunchTemplate(stack, 'Ec2LaunchTemplate', {
    instanceType: new ec2.InstanceType('t3.small'),
    machineImage: ec2.MachineImage.fromSsmParameter(IMAGE),
    userData: ec2.UserData.custom(userData),
    role,
    securityGroup,
    associatePublicIpAddress: false,
    blockDevices: [
      {
        deviceName: '/dev/xvda',
        volume: ec2.BlockDeviceVolume.ebs(50, { volumeType: ec2.EbsDeviceVolumeType.GP3, encrypted: true }),
      },
    ],
    requireImdsv2: true,
    httpPutResponseHopLimit: 1,
    instanceMetadataTags: false,
  });
  Tags.of(launchTemplate).add('Name', 'axiom-runner');
  const group = new autoscaling.AutoScalingGroup(stack, 'Ec2Group', {
    vpc: place.vpc,
    vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS },
    launchTemplate,
    minCapacity: 2,
    desiredCapacity: 2,
    maxCapacity: 3,
    signals: autoscaling.Signals.waitForAll({ timeout: START_TIMEOUT }),
    updatePolicy: autoscaling.UpdatePolicy.rollingUpdate({ minInstancesInService: 2, maxBatchSize: 1, pauseTime: START_TIMEOUT }),
  });
  group.node.addDependency(role);
  Annotations.of(group).acknowledgeWarning('@aws-cdk/aws-autoscaling:desiredCapacitySet', 'Nothing but the stack sizes the group.');
  outputs(stack, group.autoScalingGroupName, log.logGroupName);
  const ofAgent = (metricName: string, statistic: string) =>
    new cloudwatch.Metric({ namespace: 'CWAgent', metricName, dimensionsMap: { RunnerGroupId: 'ec2' }, statistic });
  return {
    id: 'Ec2',
    group: 'ec2',
    role,
    logGroup: log,
    cpu: new cloudwatch.Metric({
      namespace: 'AWS/EC2',
      metricName: 'CPUUtilization',
      dimensionsMap: { AutoScalingGroupName: group.autoScalingGroupName },
    }),
    memory: ofAgent('mem_used_percent', cloudwatch.Stats.AVERAGE),
    disk: ofAgent('disk_used_percent', cloudwatch.Stats.MAXIMUM),
  };
}

function outputs(stack: Stack, groupName: string, logGroupName: string): void {
  const { region } = stack;
  const instance = `aws autoscaling describe-auto-scaling-groups --auto-scaling-group-names ${groupName} --query 'AutoScalingGroups[0].Instances[0].InstanceId' --output text --region ${region}`;
  const preferences = '{"MinHealthyPercentage":100,"MaxHealthyPercentage":200,"InstanceWarmup":300}';
  new CfnOutput(stack, 'Ec2LogsCommand', {
    description: 'Shows what the runners log',
    value: `aws logs tail ${logGroupName} --follow --since 1h --region ${region}`,
  });
  new CfnOutput(stack, 'Ec2DoctorCommand', {
    description: 'Shows what an instance, and its doctor, said when it started',
    value: `aws ec2 get-console-output --latest --output text --instance-id "$(${instance})" --region ${region}`,
  });
  new CfnOutput(stack, 'Ec2UpdateCommand', {
    description: 'Replaces the instances one by one',
    value: `aws autoscaling start-instance-refresh --auto-scaling-group-name ${groupName} --preferences '${preferences}' --region ${region}`,
  });
}
