import { CfnRule, Fn, Resource, type Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { ISecretsManagerProxyRole } from '../constructs';
import { everyProxyRoleArn } from '../constructs/roles/runner-permissions';
import { PROXY_ROLE_NAME_PART } from '../contract/cloudformation';
import { EXTERNAL_ID, ROLE_ARN } from '../contract/name-rules';
import { isGiven, templateParameter } from './template-sections';

/** The proxy role that two parameters of a template name: both of them, or none. */
export function proxyRoleIfGiven(stack: Stack, arnName: string, externalIdName: string): ISecretsManagerProxyRole {
  const arnDescription = `ARN of the proxy role for a secret store in another account. Empty: the store of this account; the runner may assume every role whose name contains ${PROXY_ROLE_NAME_PART}.`;
  const arn = templateParameter(stack, arnName, ROLE_ARN, arnDescription, '');
  const externalIdDescription = 'External id of the proxy role. Empty, when there is no proxy role.';
  const externalId = templateParameter(stack, externalIdName, EXTERNAL_ID, externalIdDescription, '');
  const isArnEmpty = Fn.conditionEquals(arn.valueAsString, '');
  const isIdEmpty = Fn.conditionEquals(externalId.valueAsString, '');
  new CfnRule(stack, `${arnName}And${externalIdName}`, {
    assertions: [
      {
        assert: Fn.conditionOr(Fn.conditionAnd(isArnEmpty, isIdEmpty), Fn.conditionNot(Fn.conditionOr(isArnEmpty, isIdEmpty))),
        assertDescription: `${arnName} and ${externalIdName} belong together: fill in both of them, or none.`,
      },
    ],
  });
  const assumable = Fn.conditionIf(isGiven(arn).logicalId, arn.valueAsString, everyProxyRoleArn(stack)).toString();
  return new ProxyRoleIfGiven(stack, 'ProxyRole', arn.valueAsString, externalId.valueAsString, assumable);
}

/** What the runner is told, which may be empty, differs from what it may assume. */
class ProxyRoleIfGiven extends Resource implements ISecretsManagerProxyRole {
  public readonly role: iam.IRole;

  constructor(
    scope: Construct,
    id: string,
    public readonly roleArn: string,
    public readonly externalId: string,
    assumableArn: string,
  ) {
    super(scope, id);
    this.role = iam.Role.fromRoleArn(this, 'Role', assumableArn, { mutable: false });
  }

  public get roleRef(): iam.RoleReference {
    return this.role.roleRef;
  }

  public grantAssume(grantee: iam.IGrantable): iam.Grant {
    return iam.Grant.addToPrincipal({ grantee, actions: ['sts:AssumeRole'], resourceArns: [this.role.roleArn] });
  }
}
