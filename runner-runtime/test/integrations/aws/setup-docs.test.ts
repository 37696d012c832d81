import { readFile } from 'node:fs/promises';
import { CreateGroupCommand, CreateRoleCommand, CreateUserCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { ListSecretsCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { type AwsEmulator, startAwsEmulator } from '@axiom-runner/local-servers';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { declaration } from '../../../src/integrations/aws/declaration.js';
import { aws } from '../../../src/integrations/aws/integration.js';
import { secretSchema } from '../../../src/integrations/aws/secret.js';
import { RunnerHarness } from '../runner-harness.js';
import { ACCOUNT, EXTERNAL_ID, REGION, ROLE_ARN, SYSTEM } from './world.js';

const DOCS = new URL('../../../../docs/integrations/aws.md', import.meta.url);

jest.setTimeout(60_000);

describe('docs/integrations/aws.md', () => {
  it('names every permission, kind of target and check', async () => {
    const text = await readFile(DOCS, 'utf8');
    const firstCells = [...text.matchAll(/^\| `([^`]+)`/gm)].map((match) => match[1]);
    for (const { name } of [...declaration.permissions, ...declaration.checks]) expect(firstCells).toContain(name);
    for (const { kind } of declaration.targets) expect(text).toMatch(new RegExp(`${kind} \`\\["`));
  });

  it('shows the published secret, which works with an account id of 12 digits', async () => {
    const command = /--secret-string '(.*)'$/m.exec(await readFile(DOCS, 'utf8'))?.[1] ?? '';
    const secret = JSON.parse(command.replace('::1234567890:', `::${ACCOUNT}:`));
    expect(secretSchema.parse(secret)).toMatchObject({ account: ACCOUNT, roleName: 'AxiomIntegrationRole', partition: 'aws' });
  });
});

/** An emulator that enforces policies as AWS does; without Identity Center. */
describe('the documented policies, enforced', () => {
  let emulator: AwsEmulator;
  let admin: IAMClient;
  let runner: RunnerHarness<Parameters<typeof aws.plan>[0]['secret'], Parameters<typeof aws.apply>[1]['state']>;
  const root = { accessKeyId: ACCOUNT, secretAccessKey: 'test' };
  const wish = { target: { kind: 'role', path: [`arn:aws:iam::${ACCOUNT}:role/deployer`] }, permission: 'Session' };

  beforeAll(async () => {
    emulator = await startAwsEmulator({ enforceIam: true });
    admin = new IAMClient({ endpoint: emulator.endpoint, region: REGION, credentials: root });
    const text = await readFile(DOCS, 'utf8');
    const blocks = (kind: string) =>
      [...text.matchAll(new RegExp(`\`\`\`json ${kind}\\n([\\s\\S]*?)\`\`\``, 'g'))].map((match) => match[1] ?? '');
    const trust = (blocks('trust')[0] ?? '')
      .replace("<ARN of the runner's role>", `arn:aws:iam::${ACCOUNT}:root`)
      .replace('<external id>', EXTERNAL_ID);
    await admin.send(new CreateRoleCommand({ RoleName: 'Axiom-Security-Integration', AssumeRolePolicyDocument: trust }));
    for (const [index, document] of blocks('policy').entries()) {
      await admin.send(
        new PutRolePolicyCommand({ RoleName: 'Axiom-Security-Integration', PolicyName: `documented-${index}`, PolicyDocument: document }),
      );
    }
    // The emulator judges memberships by the user, AWS by the group.
    const membership = { Effect: 'Allow', Action: ['iam:AddUserToGroup', 'iam:RemoveUserFromGroup'], Resource: '*' };
    await admin.send(
      new PutRolePolicyCommand({
        RoleName: 'Axiom-Security-Integration',
        PolicyName: 'emulator',
        PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: membership }),
      }),
    );
    const trusted = { Effect: 'Allow', Principal: { AWS: ROLE_ARN }, Action: 'sts:AssumeRole' };
    const secrets = { Effect: 'Allow', Action: 'secretsmanager:ListSecrets', Resource: '*' };
    const policy = (Statement: object) => JSON.stringify({ Version: '2012-10-17', Statement });
    await admin.send(new CreateRoleCommand({ RoleName: 'deployer', AssumeRolePolicyDocument: policy(trusted) }));
    await admin.send(new PutRolePolicyCommand({ RoleName: 'deployer', PolicyName: 'secrets', PolicyDocument: policy(secrets) }));
    await admin.send(new CreateUserCommand({ UserName: 'robot' }));
    await admin.send(new CreateGroupCommand({ GroupName: 'operators' }));
    process.env['AWS_ACCESS_KEY_ID'] = root.accessKeyId;
    process.env['AWS_SECRET_ACCESS_KEY'] = root.secretAccessKey;
    const secret = { role_arn: ROLE_ARN, external_id: EXTERNAL_ID, aws_region: REGION, api_base_url: emulator.endpoint };
    runner = new RunnerHarness(aws, SYSTEM, secret);
  }, 120_000);
  afterAll(async () => {
    admin?.destroy();
    await emulator?.stop();
  });

  const opens = async (credential: Readonly<Record<string, string>> = {}) => {
    const { access_key_id: accessKeyId = '', secret_access_key: secretAccessKey = '', session_token: sessionToken = '' } = credential;
    const client = new SecretsManagerClient({
      endpoint: emulator.endpoint,
      region: REGION,
      credentials: { accessKeyId, secretAccessKey, sessionToken },
    });
    return client.send(new ListSecretsCommand({})).then(
      () => 'open',
      (error: Error) => error.name,
    );
  };

  it('let a session of a role begin, and end it while another goes on', async () => {
    const first = await runner.grant(wish);
    const second = await runner.grant(wish);
    expect(await opens(first.applied.credential)).toBe('open');
    await runner.revert(first.intent);
    expect(await runner.verify(first.intent)).toMatchObject({ proved: true });
    expect(await opens(first.applied.credential)).toMatch(/^AccessDenied/);
    expect(await opens(second.applied.credential)).toBe('open');
    await runner.revert(second.intent);
    expect(await opens(second.applied.credential)).toMatch(/^AccessDenied/);
  });

  it('keep a session within the policy of its request', async () => {
    const narrow = { ...wish, permission: '{"Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}' };
    const { intent, applied } = await runner.grant(narrow);
    expect(await opens(applied.credential)).toMatch(/^AccessDenied/);
    await runner.revert(intent);
  });

  it('let an IAM user into a group, and attach no policy that they do not name', async () => {
    const principal = { kind: 'iam-user', id: 'robot' };
    const { intent } = await runner.grant({ target: { kind: 'iam-group', path: ['operators'] }, permission: 'Member', principal });
    await runner.revert(intent);
    expect(await runner.verify(intent)).toMatchObject({ proved: true });
    const other = { target: { kind: 'iam-policy', path: ['arn:aws:iam::aws:policy/SecurityAudit'] }, permission: 'Attached', principal };
    await expect(runner.grant(other)).rejects.toMatchObject({ code: 'TARGET_PERMISSION_DENIED', object: 'iam:AttachUserPolicy' });
  });

  it('want the external id', async () => {
    const secret = { role_arn: ROLE_ARN, external_id: 'another', aws_region: REGION, api_base_url: emulator.endpoint };
    await expect(runner.plan(wish, { secret })).rejects.toMatchObject({ code: 'TARGET_AUTH_FAILED' });
  });
});
