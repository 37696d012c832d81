import { k8s } from 'cdk8s-plus-28';
import type { IConstruct } from 'constructs';
import { DEFAULT_CONTROL_PLANE_ADDRESS, PLATFORM_IP_ADDRESSES } from '../../contract/environment';
import { NETWORK_CIDR, POD_IDENTITY_AGENT_CIDRS } from '../../contract/kubernetes';
import { checkedSetting } from '../checks/setting-check';
import type { RunnerChartProps } from './runner-chart';

/** The connections that a NetworkPolicy leaves: none to the pods; from them any, or those to the networks of the list. */
export function runnerTraffic(scope: IConstruct, selector: Record<string, string>, props: RunnerChartProps): k8s.NetworkPolicySpec {
  return { podSelector: { matchLabels: selector }, policyTypes: ['Ingress', 'Egress'], egress: egress(scope, props) };
}

function egress(scope: IConstruct, { egressCidrs, controlPlaneAddress }: RunnerChartProps): k8s.NetworkPolicyEgressRule[] {
  if (egressCidrs === undefined) {
    return [{}];
  }
  const cidrs = egressCidrs.map((cidr, index) => checkedSetting(scope, `egressCidrs[${index}]`, cidr, NETWORK_CIDR));
  const isPlatform = (controlPlaneAddress ?? DEFAULT_CONTROL_PLANE_ADDRESS) === DEFAULT_CONTROL_PLANE_ADDRESS;
  const platform = isPlatform ? PLATFORM_IP_ADDRESSES.map((address) => `${address}/32`) : [];
  return [
    { ports: ['UDP', 'TCP'].map((protocol) => port(53, protocol)) },
    { to: POD_IDENTITY_AGENT_CIDRS.map(network), ports: [port(80)] },
    ...(platform.length === 0 ? [] : [{ to: platform.map(network), ports: [port(443)] }]),
    ...(cidrs.length === 0 ? [] : [{ to: cidrs.map(network) }]),
  ];
}

function network(cidr: string): k8s.NetworkPolicyPeer {
  return { ipBlock: { cidr } };
}

function port(number: number, protocol: string = 'TCP'): k8s.NetworkPolicyPort {
  return { port: k8s.IntOrString.fromNumber(number), protocol };
}
