import { RemovalPolicy } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import { EcsRunnerStack, type EcsRunnerStackProps } from '../../lib';
import { theServiceIn } from '../support/ecs-runner';
import { aNetwork } from '../support/networks';
import { EXTERNAL_ID, PROXY_ROLE_ARN } from '../support/roles';
import { ACCOUNT, anApp, aStack, findingsIn, refusalOf, templateOf } from '../support/synth';

const aRunnerStack = (props: EcsRunnerStackProps) => new EcsRunnerStack(anApp(), 'AxiomEcsRunner', props);

describe('a new network', () => {
  const stack = aRunnerStack({ newVpc: true });

  it('has private subnets for the runners in two zones, and one way out', () => {
    const template = templateOf(stack);
    template.resourceCountIs('AWS::EC2::Subnet', 4);
    template.resourceCountIs('AWS::EC2::NatGateway', 1);
    expect(theServiceIn(stack)).toMatchObject({
      NetworkConfiguration: {
        AwsvpcConfiguration: { Subnets: [{ Ref: expect.stringMatching(/Runner/) }, { Ref: expect.stringMatching(/Runner/) }] },
      },
    });
  });

  it('keeps a record of its traffic, and has no other finding', () => {
    templateOf(stack).resourceCountIs('AWS::EC2::FlowLog', 1);
    expect(findingsIn(stack)).toEqual([]);
  });

  it.each<[EcsRunnerStackProps, string]>([
    [{}, 'Retain'],
    [{ removalPolicy: RemovalPolicy.DESTROY }, 'Delete'],
  ])('has a record that is kept a year, and with %p has the deletion policy %s', (props, DeletionPolicy) => {
    const template = templateOf(aRunnerStack({ newVpc: true, ...props }));
    const [id = ''] = Object.keys(template.findResources('AWS::Logs::LogGroup', { Properties: { RetentionInDays: 365 } })).filter((name) =>
      name.startsWith('NetworkLogs'),
    );
    expect(template.toJSON().Resources[id]).toMatchObject({ DeletionPolicy });
  });

  it('asks for no network', () => {
    expect(Object.keys(templateOf(stack).findParameters('*'))).not.toEqual(expect.arrayContaining(['VpcId']));
  });
});

it('is looked up by its id, in the account and region of the stack', () => {
  const app = anApp();
  const query = `vpc-provider:account=${ACCOUNT}:filter.vpc-id=vpc-0a1b2c3d4e5f60718:region=eu-central-1:returnAsymmetricSubnets=true`;
  const subnets = [{ subnetId: 'subnet-0aaaaaaaaaaaaaaaa', availabilityZone: 'eu-central-1a', routeTableId: 'rtb-0aaaaaaaaaaaaaaaa' }];
  const found = { vpcId: 'vpc-0a1b2c3d4e5f60718', vpcCidrBlock: '10.0.0.0/16', availabilityZones: [] };
  app.node.setContext(query, { ...found, subnetGroups: [{ name: 'Private', type: 'Private', subnets }] });
  const env = { account: ACCOUNT, region: 'eu-central-1' };
  const stack = new EcsRunnerStack(app, 'AxiomEcsRunner', { vpcId: 'vpc-0a1b2c3d4e5f60718', env });
  expect(theServiceIn(stack)).toMatchObject({ NetworkConfiguration: { AwsvpcConfiguration: { Subnets: ['subnet-0aaaaaaaaaaaaaaaa'] } } });
});

it.each<[string, EcsRunnerStackProps]>([
  ['an id and a new one', { vpcId: 'vpc-1', newVpc: true }],
  ['a construct and a new one', { vpc: aNetwork(aStack()) as ec2.IVpc, newVpc: true }],
])('is refused when it is given twice: %s', (_, props) => {
  expect(refusalOf(() => aRunnerStack(props))).toMatch(
    /\[AxiomEcsRunner\] vpc is given more than once\. Allowed: one of vpc, vpcId and newVpc/,
  );
});

describe('the proxy role of a stack', () => {
  it.each<[EcsRunnerStackProps, string]>([
    [{ proxyRoleArn: PROXY_ROLE_ARN }, '[AxiomEcsRunner] proxyRoleExternalId is missing.'],
    [{ proxyRoleExternalId: EXTERNAL_ID }, '[AxiomEcsRunner] proxyRoleArn is missing.'],
  ])('is refused in halves: %p', (props, message) => {
    expect(refusalOf(() => aRunnerStack(props))).toContain(message);
  });
});

describe('the API key of a stack', () => {
  it.each([
    ['its name', 'axiom-runner/api-key', 'axiom-runner/api-key'],
    [
      'its ARN',
      `arn:aws:secretsmanager:eu-central-1:${ACCOUNT}:secret:key-AbCdEf`,
      `arn:aws:secretsmanager:eu-central-1:${ACCOUNT}:secret:key-AbCdEf`,
    ],
  ])('is the secret of %s', (_, apiKeySecretId, told) => {
    const stack = aRunnerStack({ apiKeySecretId });
    expect(JSON.stringify(templateOf(stack).findResources('AWS::ECS::TaskDefinition'))).toContain(
      `{"Name":"RUNNER_API_KEY_SECRET_ID","Value":"${told}"}`,
    );
  });

  it('is refused by an ARN that names no secret', () => {
    expect(refusalOf(() => aRunnerStack({ apiKeySecretId: `arn:aws:iam::${ACCOUNT}:role/x` }))).toContain('apiKeySecretId is');
  });
});
