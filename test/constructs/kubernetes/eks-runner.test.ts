import { CfnParameter, type Stack } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { RunnerArchitecture, RunnerCluster, RunnerIdentity } from '../../../constructs';
import {
  API_KEY_ARN,
  anEksRunner,
  anImportedCluster,
  anImportedClusterV2,
  DIGEST,
  environmentIn,
  manifestsIn,
  runnerObjectsIn,
  runnerPodIn,
} from '../../support/kubernetes';
import { aProxyRole, EXTERNAL_ID, PROVIDER_ARN } from '../../support/roles';
import { ACCOUNT, aStack, aStackIn, findingsIn, logicalIdsIn, PARTITIONS, statementsIn, templateOf } from '../../support/synth';

const manifestResources = (stack: Stack) => templateOf(stack).findResources('Custom::AWSCDK-EKS-KubernetesResource');

describe.each([
  ['aws-eks', (stack: Stack) => RunnerCluster.fromEks(anImportedCluster(stack))],
  ['aws-eks-v2', (stack: Stack) => RunnerCluster.fromEksV2(anImportedClusterV2(stack))],
])('on an imported cluster of %s', (_, clusterIn) => {
  it('applies the chart in the namespace, after the role and its policies exist', () => {
    const stack = aStack();
    anEksRunner(stack, { cluster: clusterIn(stack) });
    const objects = runnerObjectsIn(stack);
    expect(Object.keys(objects)).toEqual(['ServiceAccount', 'NetworkPolicy', 'PodDisruptionBudget', 'Deployment']);
    expect(new Set(Object.values(objects).map(({ metadata }) => metadata.namespace))).toEqual(new Set(['axiom']));
    const [manifest] = Object.entries(manifestResources(stack)).filter(([id]) => id.startsWith('RunnerManifest'));
    expect(manifest?.[1]).toMatchObject({
      Properties: { ClusterName: 'production' },
      DependsOn: expect.arrayContaining([
        'RunnerRole5997FED4',
        expect.stringMatching(/^RunnerRoleDefaultPolicy/),
        expect.stringMatching(/^RunnerRoleReadIntegrationSecrets/),
      ]),
    });
  });

  it('makes the namespace first, with Pod Security enforced', () => {
    const stack = aStack();
    anEksRunner(stack, { cluster: clusterIn(stack), kubernetesNamespace: 'access' });
    const [namespace] = manifestsIn(stack)
      .flat()
      .filter(({ kind }) => kind === 'Namespace');
    expect(namespace?.metadata).toMatchObject({ name: 'access', labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } });
    expect(runnerObjectsIn(stack)['Deployment']?.metadata.namespace).toBe('access');
    const dependencies = Object.values(manifestResources(stack)).map(({ DependsOn = [] }) => DependsOn);
    expect(dependencies).toContainEqual(expect.arrayContaining([expect.stringMatching(/^RunnerNamespace/)]));
  });

  it('takes a namespace that is there', () => {
    const stack = aStack();
    anEksRunner(stack, { cluster: clusterIn(stack), createNamespace: false });
    expect(manifestsIn(stack)).toHaveLength(1);
  });

  it('associates the role by EKS Pod Identity, and annotates nothing then', () => {
    const stack = aStack();
    anEksRunner(stack, { cluster: clusterIn(stack), identity: RunnerIdentity.podIdentity() });
    templateOf(stack).hasResourceProperties('AWS::EKS::PodIdentityAssociation', { Namespace: 'axiom', ServiceAccount: 'axiom-runner' });
    expect(runnerObjectsIn(stack)['ServiceAccount']?.metadata).not.toHaveProperty('annotations');
    expect(Object.values(manifestResources(stack)).flatMap(({ DependsOn = [] }) => DependsOn)).toEqual(
      expect.arrayContaining([expect.stringMatching(/^RunnerRoleAssociation/)]),
    );
  });
});

describe('the role', () => {
  it('is that of the service account, and stands on it and on the pods', () => {
    const stack = aStack();
    const runner = anEksRunner(stack, { serviceAccountName: 'blue' });
    const annotation = { 'eks.amazonaws.com/role-arn': '‹RunnerRole5997FED4.Arn›' };
    expect(runnerObjectsIn(stack)['ServiceAccount']?.metadata).toMatchObject({ name: 'blue', annotations: annotation });
    expect(runnerObjectsIn(stack)['Deployment']?.['spec'].template.metadata.annotations).toEqual(annotation);
    expect(JSON.stringify(templateOf(stack).findResources('AWS::IAM::Role'))).toContain('system:serviceaccount:axiom:blue');
    expect(runner).toMatchObject({ serviceAccountName: 'blue', kubernetesNamespace: 'axiom', deploymentName: 'axiom-runner' });
  });

  it('reads the API key and the state key, and assumes one proxy role', () => {
    const stack = aStackIn('eu-central-1');
    const encryptionKey = kms.Key.fromKeyArn(stack, 'Key', `arn:aws:kms:eu-central-1:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab`);
    anEksRunner(stack, { proxyRole: aProxyRole(stack), encryptionKey });
    const statements = statementsIn(stack).map((statement) => JSON.stringify(statement));
    expect(statements).toContainEqual(expect.stringContaining(API_KEY_ARN));
    expect(statements).toContainEqual(expect.stringMatching(/GetSecretValue.*RunnerStateKey/));
    expect(statements).toContainEqual(expect.stringMatching(/sts:AssumeRole.*ProxyRole/));
    expect(statements).toContainEqual(expect.stringMatching(/kms:Decrypt.*kms:ViaService/));
    expect(statements.join()).not.toContain('*Axiom-Security*');
  });

  it('reads the integration secrets of the region that is given', () => {
    const stack = aStackIn('eu-central-1');
    anEksRunner(stack, { secretStoreRegion: 'eu-west-1' });
    expect(JSON.stringify(statementsIn(stack))).toContain(`arn:aws:secretsmanager:eu-west-1:${ACCOUNT}:secret:axiom-security/*`);
  });

  it.each([
    ['IRSA', RunnerIdentity.irsa()],
    ['EKS Pod Identity', RunnerIdentity.podIdentity()],
  ])('has the boundary that is given, by %s', (_, identity) => {
    const stack = aStack();
    const arn = `arn:aws:iam::${ACCOUNT}:policy/boundary`;
    anEksRunner(stack, { identity, permissionsBoundary: iam.ManagedPolicy.fromManagedPolicyArn(stack, 'Boundary', arn) });
    templateOf(stack).allResourcesProperties('AWS::IAM::Role', { PermissionsBoundary: arn });
  });

  it('reads only the integration secrets that it was granted, once one was', () => {
    const stack = aStackIn('eu-central-1');
    const secretName = 'axiom-security/postgresql/db.example.com';
    const secret = secretsmanager.Secret.fromSecretNameV2(stack, 'Database', secretName);
    anEksRunner(stack).grantRead({ secret, secretName } as never);
    const statements = statementsIn(stack).map((statement) => JSON.stringify(statement));
    expect(statements).toContainEqual(expect.stringContaining(secretName));
    expect(statements.join()).not.toContain('axiom-security/*');
  });
});

describe('the pods', () => {
  it('have ids in their environment, never a key', () => {
    const stack = aStackIn('eu-central-1');
    anEksRunner(stack, { proxyRole: aProxyRole(stack), secretStoreRegion: 'eu-west-1' });
    expect(environmentIn(runnerPodIn(stack))).toEqual({
      TENANT_ID: 'acme',
      RUNNER_GROUP_ID: 'eu-1',
      RUNNER_API_KEY_SECRET_ID: API_KEY_ARN,
      SECRETS_STORE_ENGINE: 'aws-secrets-manager',
      WORKFLOW_RESULT_TASK_QUEUE: 'AxiomWorkflowResultHandlerTaskQueue',
      WORKFLOW_RESULT_ACTIVITY_NAME: 'HandleWorkflowResult',
      AXIOM_ACTIONS_ADDRESS_AND_PORT: 'axiomactions.axiom.security:443',
      AWS_SECRETS_MANAGER_REGION: 'eu-west-1',
      AWS_SECRETS_MANAGER_ROLE_ARN: expect.stringMatching(/^‹ProxyRole.*Arn›$/),
      AWS_SECRETS_MANAGER_ROLE_EXTERNAL_ID: EXTERNAL_ID,
      RUNNER_STATE_KEY_SECRET_ID: expect.stringMatching(/^‹RunnerStateKey/),
    });
  });

  it('run the image by its digest, with probes, on nodes of its architecture', () => {
    const stack = aStackIn('eu-central-1');
    anEksRunner(stack, { architecture: RunnerArchitecture.ARM64, nodeSelector: { pool: 'tools' } });
    const pod = runnerPodIn(stack);
    expect(pod.containers[0].image).toMatch(new RegExp(`/axiom-runner@${DIGEST}$`));
    expect(pod.containers[0]).toHaveProperty('readinessProbe');
    expect(pod.nodeSelector).toEqual({ 'kubernetes.io/arch': 'arm64', pool: 'tools' });
  });

  it('run on x86 nodes by default', () => {
    const stack = aStack();
    anEksRunner(stack);
    expect(runnerPodIn(stack).nodeSelector).toEqual({ 'kubernetes.io/arch': 'amd64' });
  });

  it('have the settings of the chart', () => {
    const stack = aStack();
    anEksRunner(stack, {
      name: 'blue',
      replicas: 3,
      cpu: '2',
      memory: '4Gi',
      podAnnotations: { team: 'data' },
      tolerations: [{ key: 'dedicated', operator: 'Exists' }],
      egressCidrs: ['10.0.0.0/16'],
      podDisruptionBudget: false,
    });
    const { Deployment, NetworkPolicy, PodDisruptionBudget } = runnerObjectsIn(stack);
    expect(Deployment).toMatchObject({ metadata: { name: 'blue' }, spec: { replicas: 3 } });
    expect(runnerPodIn(stack).containers[0].resources.requests).toEqual({ cpu: '2', memory: '4Gi' });
    expect(Deployment?.['spec'].template.metadata.annotations).toMatchObject({ team: 'data' });
    expect(runnerPodIn(stack).tolerations).toEqual([{ key: 'dedicated', operator: 'Exists' }]);
    expect(JSON.stringify(NetworkPolicy)).toContain('10.0.0.0/16');
    expect(PodDisruptionBudget).toBeUndefined();
  });

  it('take template parameters as settings', () => {
    const stack = aStack();
    const parameter = (name: string) => new CfnParameter(stack, name).valueAsString;
    anEksRunner(stack, { tenantId: parameter('Tenant'), runnerGroupId: parameter('Group'), environment: { LATER: parameter('Later') } });
    expect(environmentIn(runnerPodIn(stack))).toMatchObject({ TENANT_ID: '‹Tenant›', RUNNER_GROUP_ID: '‹Group›', LATER: '‹Later›' });
  });
});

describe('what one sees of it', () => {
  it('outputs commands to paste', () => {
    const stack = aStackIn('eu-central-1');
    anEksRunner(stack);
    const commands = Object.values(templateOf(stack).findOutputs('*')).map(({ Value }) => Value);
    expect(commands).toEqual([
      'aws eks update-kubeconfig --name production --region eu-central-1',
      'kubectl logs -f deployment/axiom-runner -n axiom',
      'kubectl exec deployment/axiom-runner -n axiom -- axiomrunner doctor',
      'kubectl rollout restart deployment/axiom-runner -n axiom && kubectl rollout status deployment/axiom-runner -n axiom',
    ]);
  });

  it('measures its pods with Container Insights', () => {
    const stack = aStack();
    const runner = anEksRunner(stack);
    const dimensions = { ClusterName: 'production', Namespace: 'axiom', PodName: 'axiom-runner' };
    expect(runner.metricCpuUtilization()).toMatchObject({ namespace: 'ContainerInsights', metricName: 'pod_cpu_utilization', dimensions });
    expect(runner.metricMemoryUtilization()).toMatchObject({ metricName: 'pod_memory_utilization_over_pod_limit', dimensions });
    expect(runner.metricDiskUtilization()).toMatchObject({
      metricName: 'node_filesystem_utilization',
      dimensions: { ClusterName: 'production' },
      statistic: 'Maximum',
    });
    expect(runner.metricCpuUtilization({ statistic: 'Maximum' })).toMatchObject({ statistic: 'Maximum' });
  });

  it('knows its log group when it is told', () => {
    const stack = aStack();
    const logGroup = logs.LogGroup.fromLogGroupName(stack, 'Logs', '/aws/containerinsights/production/application');
    expect(anEksRunner(stack, { logGroup }).logGroup).toBe(logGroup);
    expect(anEksRunner(stack, { name: 'other', kubernetesNamespace: 'other' }, 'Other').logGroup).toBeUndefined();
  });
});

it('leaves nothing to find, by annotation or by cdk-nag', () => {
  const stack = aStackIn('eu-central-1');
  anEksRunner(stack);
  expect(findingsIn(stack)).toEqual([]);
});

it.each(PARTITIONS)('deploys in partition $partition', ({ partition, region }) => {
  const stack = aStackIn(region);
  const cluster = RunnerCluster.fromEksV2(anImportedClusterV2(stack));
  anEksRunner(stack, { cluster, identity: RunnerIdentity.podIdentity() });
  expect(JSON.stringify(statementsIn(stack))).toContain(`arn:${partition}:secretsmanager:${region}:${ACCOUNT}:secret:axiom-security/*`);
});

it('is one of several on a cluster', () => {
  const stack = aStack();
  const cluster = RunnerCluster.fromEks(anImportedCluster(stack));
  anEksRunner(stack, { cluster });
  anEksRunner(stack, { cluster, name: 'second', serviceAccountName: 'second', createNamespace: false, runnerGroupId: 'eu-2' }, 'Second');
  const names = manifestsIn(stack)
    .flat()
    .map(({ kind, metadata }) => `${kind}/${metadata.name}`);
  expect(new Set(names).size).toBe(names.length);
});

it('keeps its logical ids', () => {
  const stack = aStack();
  anEksRunner(stack);
  expect(logicalIdsIn(stack)).toEqual([
    'RunnerStateKey1DDFC054',
    'RunnerRole5997FED4',
    'RunnerRoleDefaultPolicy524301C5',
    'RunnerRoleReadIntegrationSecretsFD0C2153',
    'RunnerManifestCC1C7ECA',
    'RunnerNamespaceBA1DB71F',
  ]);
});

describe('with a ledger', () => {
  it('names the table to the pods, and lets them use it', () => {
    const stack = aStackIn('eu-central-1');
    anEksRunner(stack, { ledger: true });
    expect(environmentIn(runnerPodIn(stack))['RUNNER_LEDGER_TABLE']).toMatch(/^‹RunnerLedger/);
    expect(statementsIn(stack).map((statement) => JSON.stringify(statement))).toContainEqual(
      expect.stringMatching(/dynamodb:.*RunnerLedger/),
    );
    expect(findingsIn(stack)).toEqual([]);
  });
});

it('trusts the provider of the cluster', () => {
  const stack = aStack();
  anEksRunner(stack);
  templateOf(stack).hasResourceProperties('AWS::IAM::Role', {
    AssumeRolePolicyDocument: Match.objectLike({ Statement: [Match.objectLike({ Principal: { Federated: PROVIDER_ARN } })] }),
  });
});
