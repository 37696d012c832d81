import { PLATFORM_IP_ADDRESSES } from '../../../contract/environment';
import { aChart, objectsOf } from '../../support/kubernetes';
import { refusalOf } from '../../support/synth';

const policyOf = (props: Parameters<typeof aChart>[0] = {}) => objectsOf(aChart(props))['NetworkPolicy']?.['spec'];
const cidrsOf = ({ to = [] }: { to?: { ipBlock: { cidr: string } }[] }) => to.map(({ ipBlock }) => ipBlock.cidr);
const PLATFORM = PLATFORM_IP_ADDRESSES.map((address) => `${address}/32`);

it('lets nobody connect to the pods', () => {
  expect(policyOf().policyTypes).toContain('Ingress');
  expect(policyOf()).not.toHaveProperty('ingress');
});

it('lets the pods connect to anywhere by default', () => {
  expect(policyOf()).toMatchObject({ policyTypes: ['Ingress', 'Egress'], egress: [{}] });
});

it('limits them to the listed networks, DNS, the Pod Identity agent and the platform', () => {
  const [dns, agent, platform, listed, ...others] = policyOf({ egressCidrs: ['10.0.0.0/16', '2001:db8::/32'] }).egress;
  expect(dns).toEqual({
    ports: [
      { port: 53, protocol: 'UDP' },
      { port: 53, protocol: 'TCP' },
    ],
  });
  expect(cidrsOf(agent)).toEqual(['169.254.170.23/32', 'fd00:ec2::23/128']);
  expect(agent.ports).toEqual([{ port: 80, protocol: 'TCP' }]);
  expect(cidrsOf(platform)).toEqual(PLATFORM);
  expect(platform.ports).toEqual([{ port: 443, protocol: 'TCP' }]);
  expect(cidrsOf(listed)).toEqual(['10.0.0.0/16', '2001:db8::/32']);
  expect(others).toEqual([]);
});

it('leaves the platform out when the control plane is another', () => {
  const rules = policyOf({ egressCidrs: ['10.0.0.0/16'], controlPlaneAddress: 'temporal.example.com:7233' }).egress;
  expect(rules.flatMap(cidrsOf)).not.toEqual(expect.arrayContaining(PLATFORM));
});

it('makes no rule for an empty list, which would mean anywhere', () => {
  const rules: object[] = policyOf({ egressCidrs: [] }).egress;
  expect(rules).toHaveLength(3);
  expect(rules.filter((rule) => !('to' in rule))).toHaveLength(1);
});

it('makes no policy where it is not wanted', () => {
  expect(objectsOf(aChart({ networkPolicy: false }))['NetworkPolicy']).toBeUndefined();
});

it.each([
  [{ egressCidrs: ['10.0.0.1'] }, 'egressCidrs[0] is "10.0.0.1"'],
  [{ egressCidrs: ['0.0.0.0/0', 'example.com'] }, 'egressCidrs[1] is "example.com"'],
  [{ egressCidrs: ['10.0.0.0/33'] }, 'egressCidrs[0] is "10.0.0.0/33"'],
  [{ egressCidrs: ['10.0.0.0/8'], networkPolicy: false }, 'egressCidrs is given. Allowed: nothing with networkPolicy: false'],
])('refuses %j', (props, message) => {
  expect(refusalOf(() => aChart(props))).toContain(message);
});
