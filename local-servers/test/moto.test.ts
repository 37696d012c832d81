import { AttachUserPolicyCommand, CreateUserCommand, IAMClient, ListUsersCommand } from '@aws-sdk/client-iam';
import { CreateOrganizationCommand, DescribeOrganizationCommand, OrganizationsClient } from '@aws-sdk/client-organizations';
import { ListInstancesCommand, SSOAdminClient } from '@aws-sdk/client-sso-admin';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { jest } from '@jest/globals';
import { type Moto, startMoto, stopAll } from '../src/index.js';

jest.setTimeout(120_000); // a first run installs it

let moto: Moto;
beforeAll(async () => {
  moto = await startMoto();
});
afterEach(() => moto.reset());
afterAll(stopAll);

it('answers any keys as the account it says', async () => {
  expect(await new STSClient(client()).send(new GetCallerIdentityCommand())).toMatchObject({ Account: moto.accountId });
});

it('has an instance of IAM Identity Center from the start, and an organization once it is created', async () => {
  const { Instances } = await new SSOAdminClient(client()).send(new ListInstancesCommand());
  expect(Instances).toMatchObject([{ OwnerAccountId: moto.accountId, Status: 'ACTIVE' }]);
  const organizations = new OrganizationsClient(client());
  await expect(organizations.send(new DescribeOrganizationCommand())).rejects.toMatchObject({ name: 'AWSOrganizationsNotInUseException' });
  await organizations.send(new CreateOrganizationCommand({ FeatureSet: 'ALL' }));
  expect(await organizations.send(new DescribeOrganizationCommand())).toMatchObject({ Organization: { MasterAccountId: moto.accountId } });
});

it("has AWS's own policies, and refuses one that does not exist", async () => {
  const iam = new IAMClient(client());
  await iam.send(new CreateUserCommand({ UserName: 'ann' }));
  const attach = (name: string) => iam.send(new AttachUserPolicyCommand({ UserName: 'ann', PolicyArn: `arn:aws:iam::aws:policy/${name}` }));
  await attach('ReadOnlyAccess');
  await expect(attach('NoSuchPolicy')).rejects.toMatchObject({ name: 'NoSuchEntityException' });
});

it('forgets everything at a reset', async () => {
  const iam = new IAMClient(client());
  await iam.send(new CreateUserCommand({ UserName: 'ann' }));
  await moto.reset();
  expect(await iam.send(new ListUsersCommand())).toMatchObject({ Users: [] });
});

it('is gone when it is stopped', async () => {
  const other = await startMoto();
  await other.stop();
  await expect(fetch(other.endpoint)).rejects.toThrow('fetch failed');
});

function client() {
  return { endpoint: moto.endpoint, region: 'us-east-1', credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'any' } };
}
