import { Lazy, type Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { RunnerEgress, type RunnerEgressBindOptions } from '../../../constructs';
import { PLATFORM_IP_ADDRESSES } from '../../../contract/environment';
import { aNetwork } from '../../support/networks';
import { aStack, aStackIn, refusalOf, templateOf, theOne } from '../../support/synth';

/** What a security group lets out: peer and port of each rule. */
function letOutBy(egress: RunnerEgress, options: Partial<RunnerEgressBindOptions> = {}): unknown[] {
  const stack = aStackIn('eu-central-1');
  egress.bind(stack, { vpc: aNetwork(stack), ...options });
  const group = theOne(templateOf(stack), 'AWS::EC2::SecurityGroup');
  expect(group).not.toHaveProperty('SecurityGroupIngress');
  const inGroup = group['SecurityGroupEgress'] as Record<string, unknown>[];
  const apart = Object.values(templateOf(stack).findResources('AWS::EC2::SecurityGroupEgress')).map(({ Properties }) => Properties);
  return [...inGroup, ...apart].map((rule) => [rule['CidrIp'] ?? rule['DestinationPrefixListId'] ?? 'other', rule['FromPort'] ?? 'any']);
}

const bound = (egress: RunnerEgress, options: Partial<RunnerEgressBindOptions>, stack: Stack = aStack()) =>
  refusalOf(() => egress.bind(stack, { vpc: aNetwork(stack), ...options }));

it('anywhere lets everything out', () => {
  expect(letOutBy(RunnerEgress.anywhere())).toEqual([['0.0.0.0/0', 'any']]);
});

describe('an allow-list', () => {
  const platform = PLATFORM_IP_ADDRESSES.map((address) => [`${address}/32`, 443]);
  const ofVpc = ['10.0.0.0/16', 443];

  it.each([undefined, 'axiomactions.axiom.security:443'])(
    'lets out to the published platform (%p) and to the endpoints in the VPC',
    (address) => {
      expect(letOutBy(RunnerEgress.allowList(), { controlPlaneAddress: address })).toEqual([...platform, ofVpc]);
    },
  );

  it('lets out to a control plane of your own, on its port', () => {
    const egress = RunnerEgress.allowList({ controlPlane: [ec2.Peer.ipv4('203.0.113.0/24')] });
    expect(letOutBy(egress, { controlPlaneAddress: 'control-plane.example.com:7233' })).toEqual([['203.0.113.0/24', 7233], ofVpc]);
  });

  it.each([
    ['http://proxy.example.com:3128', 3128],
    ['http://proxy.example.com:3128/', 3128],
    ['http://proxy.example.com', 80],
  ])('lets out to the proxy %s instead of the control plane', (httpsProxy, port) => {
    const egress = RunnerEgress.allowList({ controlPlane: [ec2.Peer.ipv4('10.9.0.1/32')] });
    expect(letOutBy(egress, { httpsProxy })).toEqual([['10.9.0.1/32', port], ofVpc]);
  });

  it('lets out to gateway endpoints by their prefix lists, and to AWS elsewhere', () => {
    const egress = RunnerEgress.allowList({
      aws: [ec2.Peer.ipv4('10.7.0.0/16')],
      gatewayEndpoints: [ec2.Peer.prefixList('pl-6ea54007')],
    });
    expect(letOutBy(egress)).toEqual([...platform, ['10.7.0.0/16', 443], ['pl-6ea54007', 443]]);
  });

  it('takes the port, when an address is known only at deployment', () => {
    const controlPlane = [ec2.Peer.ipv4('203.0.113.0/24')];
    const controlPlaneAddress = Lazy.string({ produce: () => 'x:1' });
    expect(letOutBy(RunnerEgress.allowList({ controlPlane, controlPlanePort: 7233 }), { controlPlaneAddress })).toEqual([
      ['203.0.113.0/24', 7233],
      ofVpc,
    ]);
    expect(bound(RunnerEgress.allowList({ controlPlane }), { controlPlaneAddress })).toContain(
      '[Stack] egress.controlPlanePort is missing, and the address is a token.',
    );
  });

  it.each([0, 65_536, 443.5, Number.NaN])('refuses port %p', (controlPlanePort) => {
    expect(bound(RunnerEgress.allowList({ controlPlanePort }), {})).toContain(
      `[Stack] egress.controlPlanePort is ${controlPlanePort}. Allowed: a whole number from 1 to 65535.`,
    );
  });

  it('takes the peers of a control plane of your own and of a proxy', () => {
    expect(bound(RunnerEgress.allowList(), { controlPlaneAddress: 'control-plane.example.com:443' })).toContain(
      '[Stack] egress.controlPlane is missing, and the control plane is not the published one.',
    );
    expect(bound(RunnerEgress.allowList(), { httpsProxy: 'http://proxy.example.com:3128' })).toContain(
      '[Stack] egress.controlPlane is missing, and httpsProxy is set.',
    );
  });
});
