import { Annotations, AspectPriority, Aspects, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Construct, type IConstruct } from 'constructs';
import type { RunnerAwsService } from './runner-aws-service';

const EVERYWHERE = '0.0.0.0/0';

/**
 * Warns of services that a host in isolated subnets cannot reach, because the VPC has no endpoint for them. Only for a VPC that is made
 * in this app: of others nobody knows here which endpoints they have.
 *
 * It looks when the app is synthesised, since endpoints may be added after the host: in an aspect, because warnings that are found later,
 * in a validation, are not counted by `--strict`.
 * @param scope the host, on which the warning `axiom-runner:missingVpcEndpoints` can be acknowledged
 * @param subnets the subnets that the host is put into
 * @param services what the host calls
 */
export function warnOfMissingEndpoints(
  scope: Construct,
  vpc: ec2.IVpc,
  subnets: readonly ec2.ISubnet[],
  services: readonly RunnerAwsService[],
): void {
  if (!(vpc instanceof ec2.Vpc)) {
    return;
  }
  // A warning that comes late can be acknowledged on a parent of its construct, not on the construct itself.
  const check = new Construct(scope, 'VpcEndpoints');
  const look = () => {
    if (!subnets.some((subnet) => isCutOff(vpc, subnet))) {
      return;
    }
    const present = endpointNames(vpc);
    const missing = services.filter((service) => !present.some((name) => name.endsWith(`.${service}"`)));
    if (missing.length > 0) {
      Annotations.of(check).addWarningV2(
        'axiom-runner:missingVpcEndpoints',
        `The runner's subnets are isolated, and their VPC has no endpoint for ${missing.join(', ')}. Add RunnerVpcEndpoints.`,
      );
    }
  };
  Aspects.of(check).add({ visit: look }, { priority: AspectPriority.READONLY });
}

/** Whether a subnet has no way out of its VPC, not even one that was added to it later (a transit gateway, for example). */
function isCutOff(vpc: ec2.Vpc, { routeTable: { routeTableId }, subnetId }: ec2.ISubnet): boolean {
  const leadsOut = (node: IConstruct) =>
    node instanceof ec2.CfnRoute && node.routeTableId === routeTableId && node.destinationCidrBlock === EVERYWHERE;
  return vpc.isolatedSubnets.some((subnet) => subnet.subnetId === subnetId) && !vpc.node.root.node.findAll().some(leadsOut);
}

/** Names of services as JSON, in which the part that matters stands last, whatever of the rest only CloudFormation knows. */
function endpointNames({ vpcId, node }: ec2.Vpc): string[] {
  return node.root.node
    .findAll()
    .filter((child) => child instanceof ec2.CfnVPCEndpoint)
    .filter((endpoint) => endpoint.vpcId === vpcId)
    .map((endpoint) => JSON.stringify(Stack.of(endpoint).resolve(endpoint.serviceName)).replace(/[\]}]+$/, ''));
}
