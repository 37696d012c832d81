import { CfnOutput, type Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as eks from 'aws-cdk-lib/aws-eks';
import * as iam from 'aws-cdk-lib/aws-iam';
import { SITE } from '../synth-site.js';
import { environment, grantCommon, type Host, type Place, records } from './host.js';
import { manifest, NAMESPACE } from './manifest.js';

const ISSUER = SITE.oidcIssuer;

export function eksHost(stack: Stack, place: Place): Host {
  const own = records(stack, 'Eks');
  const cluster = eks.Cluster.fromClusterAttributes(stack, 'Cluster', {
    clusterName: SITE.clusterName,
    kubectlProvider: eks.KubectlProvider.fromKubectlProviderAttributes(stack, 'Kubectl', {
      functionArn: SITE.kubectlFunctionArn,
      handlerRole: iam.Role.fromRoleArn(stack, 'KubectlHandler', SITE.kubectlHandlerArn),
      kubectlRoleArn: SITE.kubectlRoleArn,
    }),
  });
  const conditions = {
    StringEquals: { [`${ISSUER}:aud`]: 'sts.amazonaws.com', [`${ISSUER}:sub`]: 'system:serviceaccount:axiom:axiom-runner' },
  };
  const role = new iam.Role(stack, 'EksRole', {
    description: 'Axiom Runner in an EKS cluster: reads the integration secrets (axiom-security/*) and assumes proxy roles',
    assumedBy: new iam.FederatedPrincipal(SITE.oidcProviderArn, conditions, 'sts:AssumeRoleWithWebIdentity'),
  });
  grantCommon(role, place, own);
  const image = place.repository.repositoryUriForDigest(SITE.imageDigest);
  const objects = new eks.KubernetesManifest(stack, 'EksManifest', {
    cluster,
    manifest: manifest(role.roleArn, image, environment('eks', place, own)),
  });
  objects.node.addDependency(role, new eks.KubernetesManifest(stack, 'EksNamespace', { cluster, manifest: [NAMESPACE] }));
  outputs(stack);
  const insight = (metricName: string, statistic: string, ofPods: boolean) =>
    new cloudwatch.Metric({
      namespace: 'ContainerInsights',
      metricName,
      dimensionsMap: { ClusterName: SITE.clusterName, ...(ofPods && { Namespace: 'axiom', PodName: 'axiom-runner' }) },
      statistic,
    });
  return {
    id: 'Eks',
    group: 'eks',
    role,
    cpu: insight('pod_cpu_utilization', cloudwatch.Stats.AVERAGE, true),
    memory: insight('pod_memory_utilization_over_pod_limit', cloudwatch.Stats.AVERAGE, true),
    disk: insight('node_filesystem_utilization', cloudwatch.Stats.MAXIMUM, false),
  };
}

function outputs(stack: Stack): void {
  const deployment = 'deployment/axiom-runner';
  new CfnOutput(stack, 'EksKubeconfigCommand', {
    description: 'Lets kubectl reach the cluster',
    value: `aws eks update-kubeconfig --name ${SITE.clusterName} --region ${stack.region}`,
  });
  new CfnOutput(stack, 'EksLogsCommand', {
    description: 'Follows the log of the runners',
    value: `kubectl logs -f ${deployment} -n axiom`,
  });
  new CfnOutput(stack, 'EksDoctorCommand', {
    description: 'Looks at all that a runner needs',
    value: `kubectl exec ${deployment} -n axiom -- axiomrunner doctor`,
  });
  new CfnOutput(stack, 'EksUpdateCommand', {
    description: 'Replaces the pods one by one',
    value: `kubectl rollout restart ${deployment} -n axiom && kubectl rollout status ${deployment} -n axiom`,
  });
}
