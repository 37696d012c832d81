import { Annotations } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { aStack, findingsIn, templateOf } from '../support/synth';

afterEach(() => jest.restoreAllMocks());

describe('the checks that all constructs pass can fail:', () => {
  it('the template validator', () => {
    const stack = aStack();
    const role = new iam.CfnRole(stack, 'Role', { assumeRolePolicyDocument: {} });
    role.addPropertyDeletionOverride('AssumeRolePolicyDocument');
    expect(() => templateOf(stack)).toThrow(/AssumeRolePolicyDocument/);
  });

  it('cdk-nag', () => {
    const stack = aStack();
    new iam.Role(stack, 'Role', {
      assumedBy: new iam.AccountRootPrincipal(),
      managedPolicies: [iam.ManagedPolicy.fromAwsManagedPolicyName('AdministratorAccess')],
    });
    expect(findingsIn(stack)).toEqual(['AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/AdministratorAccess]']);
  });

  it('the search for warnings', () => {
    jest.spyOn(console, 'error').mockImplementation();
    const stack = aStack();
    Annotations.of(new iam.Role(stack, 'Role', { assumedBy: new iam.AccountRootPrincipal() })).addWarningV2('test', 'mind this');
    expect(findingsIn(stack)).toEqual([expect.stringContaining('mind this')]);
  });

  it('the search for deprecated parts of the CDK', () => {
    const grantee = new iam.User(aStack(), 'User');
    expect(() => iam.Grant.addToPrincipal({ grantee, actions: ['s3:GetObject'], resourceArns: ['*'], scope: grantee })).toThrow(
      /deprecated/,
    );
  });
});
