import { CfnParameter, Stack } from 'aws-cdk-lib';
import * as eksv2 from 'aws-cdk-lib/aws-eks-v2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { RunnerPodIdentityRole, type RunnerPodIdentityRoleProps } from '../../../constructs';
import { anImportedCluster } from '../../support/kubernetes';
import {
  ACCOUNT,
  anApp,
  aStack,
  aStackIn,
  findingsIn,
  logicalIdsIn,
  PARTITIONS,
  refusalOf,
  statementsIn,
  templateOf,
  theOne,
  theRoleIn,
  trustPolicyIn,
} from '../../support/synth';

const aRole = (stack: Stack, props: Partial<RunnerPodIdentityRoleProps> = {}, id = 'RunnerRole') =>
  new RunnerPodIdentityRole(stack, id, { cluster: props.cluster ?? anImportedCluster(stack, {}, `${id}Cluster`), ...props });

const associationIn = (stack: Stack) => theOne(templateOf(stack), 'AWS::EKS::PodIdentityAssociation');

const trustOf = (clusterArn: unknown, namespace: unknown = 'axiom', serviceAccount: unknown = 'axiom-runner') => ({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Action: ['sts:AssumeRole', 'sts:TagSession'],
      Principal: { Service: 'pods.eks.amazonaws.com' },
      Condition: {
        StringEquals: {
          'aws:RequestTag/eks-cluster-arn': clusterArn,
          'aws:RequestTag/kubernetes-namespace': namespace,
          'aws:RequestTag/kubernetes-service-account': serviceAccount,
        },
      },
    },
  ],
});

describe.each(PARTITIONS)('in partition $partition', ({ partition, region }) => {
  it('lets EKS assume the role for one service account of one cluster', () => {
    const stack = aStackIn(region);
    aRole(stack);
    expect(trustPolicyIn(stack)).toEqual(trustOf(`arn:${partition}:eks:${region}:${ACCOUNT}:cluster/production`));
  });
});

it('associates the service account with the role', () => {
  const stack = aStack();
  aRole(stack);
  expect(associationIn(stack)).toEqual({
    ClusterName: 'production',
    Namespace: 'axiom',
    ServiceAccount: 'axiom-runner',
    RoleArn: { 'Fn::GetAtt': ['RunnerRoleDF7591A4', 'Arn'] },
  });
});

it('names the namespace and service account that are given', () => {
  const stack = aStackIn('eu-central-1');
  const role = aRole(stack, { kubernetesNamespace: 'access', serviceAccountName: 'blue' });
  expect(role).toMatchObject({ kubernetesNamespace: 'access', serviceAccountName: 'blue' });
  expect(trustPolicyIn(stack)).toEqual(trustOf(`arn:aws:eks:eu-central-1:${ACCOUNT}:cluster/production`, 'access', 'blue'));
  expect(associationIn(stack)).toMatchObject({ Namespace: 'access', ServiceAccount: 'blue' });
});

it('takes a cluster of the same stack, and template parameters', () => {
  const stack = aStackIn('eu-central-1');
  const cluster = new eksv2.Cluster(stack, 'Cluster', { version: eksv2.KubernetesVersion.V1_34 });
  const namespace = new CfnParameter(stack, 'Namespace');
  aRole(stack, { cluster, kubernetesNamespace: namespace.valueAsString });
  expect(associationIn(stack)).toMatchObject({ ClusterName: { Ref: expect.stringMatching(/^Cluster/) }, Namespace: { Ref: 'Namespace' } });
});

it('may do what every runner may, and no more', () => {
  const stack = aStackIn('eu-central-1');
  aRole(stack);
  expect(statementsIn(stack)).toEqual([
    { Effect: 'Allow', Action: 'sts:AssumeRole', Resource: 'arn:aws:iam::*:role/*Axiom-Security*' },
    {
      Effect: 'Allow',
      Action: 'secretsmanager:GetSecretValue',
      Resource: `arn:aws:secretsmanager:eu-central-1:${ACCOUNT}:secret:axiom-security/*`,
    },
  ]);
});

it('reads only the integration secrets that it was granted, once one was', () => {
  const stack = aStackIn('eu-central-1');
  const secretName = 'axiom-security/postgresql/db.example.com';
  const secret = secretsmanager.Secret.fromSecretNameV2(stack, 'Database', secretName);
  aRole(stack).grantRead({ secret, secretName } as never);
  const read = statementsIn(stack).filter((statement) => JSON.stringify(statement).includes('GetSecretValue'));
  expect(read).toEqual([expect.objectContaining({ Resource: expect.stringContaining(secretName) })]);
});

it('is a grantee, and a role to refer to', () => {
  const stack = aStack();
  const role = aRole(stack);
  iam.Grant.addToPrincipal({ grantee: role, actions: ['s3:GetObject'], resourceArns: ['arn:aws:s3:::bucket/key'] });
  expect(statementsIn(stack)).toContainEqual({ Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::bucket/key' });
  expect(stack.resolve(role.roleRef.roleArn)).toEqual(stack.resolve(role.roleArn));
});

it('has the name and the boundary that are given', () => {
  const stack = aStack();
  const permissionsBoundary = iam.ManagedPolicy.fromManagedPolicyArn(stack, 'Boundary', `arn:aws:iam::${ACCOUNT}:policy/boundary`);
  aRole(stack, { roleName: 'runner', permissionsBoundary });
  expect(theRoleIn(stack)).toMatchObject({ RoleName: 'runner', PermissionsBoundary: `arn:aws:iam::${ACCOUNT}:policy/boundary` });
});

it('has no name and no boundary by default', () => {
  const stack = aStack();
  aRole(stack);
  expect(theRoleIn(stack)).not.toHaveProperty('RoleName');
  expect(theRoleIn(stack)).not.toHaveProperty('PermissionsBoundary');
});

it.each([
  ['kubernetesNamespace', { kubernetesNamespace: '*' }],
  ['serviceAccountName', { serviceAccountName: 'Runner' }],
  ['roleName', { roleName: 'a/b' }],
])('refuses a wrong %s', (setting, props) => {
  expect(refusalOf(() => aRole(aStack(), props))).toContain(`[Stack/RunnerRole] ${setting} is "${Object.values(props)[0]}"`);
});

it('leaves nothing for cdk-nag to find', () => {
  const stack = aStackIn('eu-central-1');
  aRole(stack);
  expect(findingsIn(stack)).toEqual([]);
});

it('keeps its logical ids, and is one of several in a stack', () => {
  const stack = new Stack(anApp(), 'Stack');
  aRole(stack);
  aRole(stack, { serviceAccountName: 'other' }, 'Other');
  expect(logicalIdsIn(stack)).toEqual([
    'RunnerRoleDF7591A4',
    'RunnerRoleDefaultPolicyBC2CE6B6',
    'RunnerRoleReadIntegrationSecretsE8740988',
    'RunnerRoleAssociation88A0C10B',
    expect.stringMatching(/^Other/),
    expect.stringMatching(/^OtherRoleDefaultPolicy/),
    expect.stringMatching(/^OtherReadIntegrationSecrets/),
    expect.stringMatching(/^OtherAssociation/),
  ]);
});
