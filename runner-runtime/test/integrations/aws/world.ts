import {
  AttachUserPolicyCommand,
  CreateGroupCommand,
  CreatePolicyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  IAMClient,
} from '@aws-sdk/client-iam';
import {
  CreateGroupCommand as CreateStoreGroupCommand,
  CreateUserCommand as CreateStoreUserCommand,
  IdentitystoreClient,
} from '@aws-sdk/client-identitystore';
import {
  CreateOrganizationalUnitCommand,
  CreateOrganizationCommand,
  ListRootsCommand,
  OrganizationsClient,
} from '@aws-sdk/client-organizations';
import { CreatePermissionSetCommand, ListInstancesCommand, SSOAdminClient } from '@aws-sdk/client-sso-admin';
import type { Principal } from '@axiom-runner/protocol';
import { AwsFront } from '../../support/fake-vendor/aws/aws-front.js';

export const ACCOUNT = '123456789012';
export const REGION = 'eu-central-1';
export const SYSTEM = { type: 'aws', id: ACCOUNT } as const;
export const ROLE_ARN = `arn:aws:iam::${ACCOUNT}:role/Axiom-Security-Integration`;
export const EXTERNAL_ID = 'axiom-axiom-axiom';
export const PERMISSION_SET = 'ReadOnly';
const POWERLESS = `arn:aws:iam::${ACCOUNT}:role/Axiom-Security-Powerless`;

/** Somebody else's hands: an administrator's clients. */
export interface Admin {
  readonly sso: SSOAdminClient;
  readonly store: IdentitystoreClient;
  readonly iam: IAMClient;
  readonly organizations: OrganizationsClient;
}

/** An organization with IAM Identity Center, users, groups and roles to try the integration on. */
export class AwsWorld {
  #count = 0;

  private constructor(
    readonly front: AwsFront,
    readonly admin: Admin,
    readonly instance: string,
    readonly storeId: string,
    readonly permissionSet: string,
    readonly role: { readonly name: string; readonly arn: string; readonly id: string },
    readonly policy: string,
  ) {}

  static async start(): Promise<AwsWorld> {
    // The credentials of the host, as the SDK finds them.
    process.env['AWS_ACCESS_KEY_ID'] = 'AKIAIOSFODNN7EXAMPLE';
    process.env['AWS_SECRET_ACCESS_KEY'] = 'the-secret-key-of-the-host-of-the-runner';
    const front = await AwsFront.start();
    const config = {
      endpoint: front.url,
      region: REGION,
      credentials: { accessKeyId: 'AKIAI44QH8DHBEXAMPLE', secretAccessKey: "the-administrator's-secret-key" },
    };
    const admin: Admin = {
      sso: new SSOAdminClient(config),
      store: new IdentitystoreClient(config),
      iam: new IAMClient(config),
      organizations: new OrganizationsClient(config),
    };
    const { Instances: [instance] = [] } = await admin.sso.send(new ListInstancesCommand({}));
    const { InstanceArn = '', IdentityStoreId = '' } = instance ?? {};
    await admin.organizations.send(new CreateOrganizationCommand({ FeatureSet: 'ALL' }));
    const { Roots: [root] = [] } = await admin.organizations.send(new ListRootsCommand({}));
    await admin.organizations.send(new CreateOrganizationalUnitCommand({ ParentId: root?.Id, Name: 'workloads' }));
    const { PermissionSet: set } = await admin.sso.send(new CreatePermissionSetCommand({ InstanceArn, Name: PERMISSION_SET }));
    const { Role: role } = await admin.iam.send(new CreateRoleCommand({ RoleName: 'deployer', AssumeRolePolicyDocument: TRUST }));
    const { Policy: policy } = await admin.iam.send(new CreatePolicyCommand({ PolicyName: 'read-logs', PolicyDocument: LOGS }));
    await admin.iam.send(new CreateGroupCommand({ GroupName: 'operators' }));
    const target = { name: 'deployer', arn: role?.Arn ?? '', id: role?.RoleId ?? '' };
    front.roles.know(ROLE_ARN, { externalId: EXTERNAL_ID, roleId: 'AROAINTEGRATIONROLE01' });
    front.roles.know(POWERLESS, { externalId: EXTERNAL_ID, roleId: 'AROAPOWERLESSROLE0001', denied: 'all' });
    front.roles.know(target.arn, { roleId: target.id });
    return new AwsWorld(front, admin, InstanceArn, IdentityStoreId, set?.PermissionSetArn ?? '', target, policy?.Arn ?? '');
  }

  async stop(): Promise<void> {
    for (const client of Object.values(this.admin)) client.destroy();
    await this.front.stop();
  }

  secret(changes: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> {
    return { role_arn: ROLE_ARN, external_id: EXTERNAL_ID, aws_region: REGION, api_base_url: this.front.url, ...changes };
  }

  powerless(): Readonly<Record<string, unknown>> {
    return this.secret({ role_arn: POWERLESS });
  }

  /** A user of IAM Identity Center; by its user name where one is given. */
  async newUser(name?: string): Promise<Principal> {
    this.#count += 1;
    const UserName = name ?? `person-${this.#count}@example.com`;
    const Name = { GivenName: 'Some', FamilyName: 'Person' };
    const user = { IdentityStoreId: this.storeId, UserName, DisplayName: UserName, Name };
    const { UserId: id = '' } = await this.admin.store.send(new CreateStoreUserCommand(user));
    return { kind: 'user', id: name ?? id };
  }

  async newGroup(name: string): Promise<Principal> {
    const group = { IdentityStoreId: this.storeId, DisplayName: name };
    const { GroupId: id = '' } = await this.admin.store.send(new CreateStoreGroupCommand(group));
    return { kind: 'group', id };
  }

  async newIamUser(): Promise<Principal> {
    this.#count += 1;
    const id = `robot-${this.#count}`;
    await this.admin.iam.send(new CreateUserCommand({ UserName: id }));
    return { kind: 'iam-user', id };
  }

  async attach(user: string, policy: string): Promise<void> {
    await this.admin.iam.send(new AttachUserPolicyCommand({ UserName: user, PolicyArn: policy }));
  }
}

const TRUST = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { AWS: ROLE_ARN }, Action: 'sts:AssumeRole' }],
});
const LOGS = JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'logs:GetLogEvents', Resource: '*' }] });
