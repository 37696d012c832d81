import {
  CreateSecretCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  PutSecretValueCommand,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import type { StackName } from './support/cdk.js';
import { clusterParameters, type DeployedRoles, deployRoles, EXTERNAL_ID, RUNNER_POD } from './support/deployed-roles.js';
import { podIdentity, rootOf, secretsManagerOf, type TokenClaims, throughProxyRole } from './support/identities.js';
import { publishedSecret } from './support/published-secrets.js';

const SECRET = publishedSecret('postgresql');
const OTHER_SECRET = { name: 'billing/database', value: 'not for runners' };

let roles: DeployedRoles;

beforeAll(async () => {
  roles = await deployRoles();
  for (const account of [roles.runnerAccount, roles.storeAccount]) {
    const administrator = secretsManagerOf(roles.emulator, rootOf(account));
    for (const { name, value } of [SECRET, OTHER_SECRET]) {
      await administrator.send(new CreateSecretCommand({ Name: name, SecretString: value }));
    }
  }
}, 180_000);

afterAll(() => roles?.dispose());

const read = async (client: SecretsManagerClient, name: string) =>
  (await client.send(new GetSecretValueCommand({ SecretId: name }))).SecretString;
const asRunner = (claims: Partial<TokenClaims> = {}) => podIdentity(roles.emulator, roles.runnerRoleArn, { ...RUNNER_POD, ...claims });
const asProxy = (proxyRole: { roleArn: string; externalId?: string } = roles.proxyRole, runner = asRunner()) =>
  secretsManagerOf(roles.emulator, throughProxyRole(roles.emulator, runner, proxyRole));

const REFUSED_BY_STS = { name: expect.stringMatching(/^AccessDenied/) };
const REFUSED_BY_SECRETS_MANAGER = { name: 'AccessDeniedException' };

describe("the runner's role", () => {
  it("is taken by the runner's pod, and reads the integration secrets of its account", async () => {
    expect(await read(secretsManagerOf(roles.emulator, asRunner()), SECRET.name)).toBe(SECRET.value);
  });

  it.each<[string, Partial<TokenClaims>]>([
    ['another service account', { serviceAccount: 'default' }],
    ['a service account whose name only begins alike', { serviceAccount: 'axiom-runner-2' }],
    ['another namespace', { namespace: 'kube-system' }],
    ['another audience', { audience: 'https://kubernetes.default.svc' }],
    ['another cluster', { issuer: 'oidc.eks.us-east-1.amazonaws.com/id/OTHER' }],
  ])('is not taken with the token of %s', async (_, claims) => {
    await expect(asRunner(claims)()).rejects.toMatchObject(REFUSED_BY_STS);
  });

  it('reads no other secret, lists none and changes none', async () => {
    const client = secretsManagerOf(roles.emulator, asRunner());
    await expect(read(client, OTHER_SECRET.name)).rejects.toMatchObject(REFUSED_BY_SECRETS_MANAGER);
    await expect(client.send(new ListSecretsCommand({}))).rejects.toMatchObject(REFUSED_BY_SECRETS_MANAGER);
    await expect(client.send(new PutSecretValueCommand({ SecretId: SECRET.name, SecretString: '{}' }))).rejects.toMatchObject(
      REFUSED_BY_SECRETS_MANAGER,
    );
  });
});

describe('the proxy role', () => {
  it('has the names of the published guide', () => {
    expect(roles.proxyRole).toEqual({
      roleArn: `arn:aws:iam::${roles.storeAccount.id}:role/Axiom-Security-SecretsManagerRole`,
      externalId: EXTERNAL_ID,
    });
  });

  it("lets the runner read the integration secrets of the store's account", async () => {
    expect(await read(asProxy(), SECRET.name)).toBe(SECRET.value);
  });

  it.each<[string, { externalId?: string }]>([
    ['a wrong external id', { externalId: `${EXTERNAL_ID}0` }],
    ['no external id', {}],
  ])('is not assumed with %s', async (_, { externalId }) => {
    const { roleArn } = roles.proxyRole;
    await expect(read(asProxy(externalId === undefined ? { roleArn } : { roleArn, externalId }), SECRET.name)).rejects.toMatchObject(
      REFUSED_BY_STS,
    );
  });

  it("is not assumed by another principal: not a runner of another account, not an administrator of the runner's account", async () => {
    const otherAccount = { emulator: roles.emulator, id: '777788889999' };
    const { AxiomRunnerIAMRole: otherRole = '' } = await roles.app.deploy(otherAccount, 'AxiomOidcRole', clusterParameters(otherAccount));
    for (const other of [podIdentity(roles.emulator, otherRole, RUNNER_POD), rootOf(roles.runnerAccount)]) {
      await expect(read(asProxy(roles.proxyRole, other), SECRET.name)).rejects.toMatchObject(REFUSED_BY_STS);
    }
  }, 60_000);

  it('reads no other secret, lists none and changes none', async () => {
    const client = asProxy();
    await expect(read(client, OTHER_SECRET.name)).rejects.toMatchObject(REFUSED_BY_SECRETS_MANAGER);
    await expect(client.send(new ListSecretsCommand({}))).rejects.toMatchObject(REFUSED_BY_SECRETS_MANAGER);
    await expect(client.send(new PutSecretValueCommand({ SecretId: SECRET.name, SecretString: '{}' }))).rejects.toMatchObject(
      REFUSED_BY_SECRETS_MANAGER,
    );
  });
});

describe('the stacks', () => {
  it('show no difference after a deployment', async () => {
    expect(await roles.app.diff(roles.storeAccount, 'AxiomSecretsManagerRole')).toMatch(/There were no differences|differences: 0/);
  }, 60_000);

  it('are updated in place: a new external id replaces the old one, the role stays', async () => {
    const { app, storeAccount, proxyRole } = roles;
    const updated = await app.deploy(storeAccount, 'AxiomSecretsManagerRole', { ExternalId: 'rotated-external-id' });
    expect(updated).toEqual({ RoleArn: proxyRole.roleArn, ExternalId: 'rotated-external-id' });
    await expect(read(asProxy(), SECRET.name)).rejects.toMatchObject(REFUSED_BY_STS);
    expect(await read(asProxy({ roleArn: proxyRole.roleArn, externalId: 'rotated-external-id' }), SECRET.name)).toBe(SECRET.value);
    await app.deploy(storeAccount, 'AxiomSecretsManagerRole', { ExternalId: EXTERNAL_ID });
  }, 60_000);

  it('narrow the runner to one proxy role, when it is named', async () => {
    const { app, runnerAccount, storeAccount, proxyRole } = roles;
    const another = `arn:aws:iam::${storeAccount.id}:role/Axiom-Security-Another`;
    await app.deploy(runnerAccount, 'AxiomOidcRole', { ProxyRoleArn: another });
    await expect(read(asProxy(), SECRET.name)).rejects.toMatchObject(REFUSED_BY_STS);
    await app.deploy(runnerAccount, 'AxiomOidcRole', { ProxyRoleArn: proxyRole.roleArn });
    expect(await read(asProxy(), SECRET.name)).toBe(SECRET.value);
  }, 60_000);

  it.each<[string, StackName, Record<string, string>, string]>([
    ["a role's name that runners may not assume", 'AxiomSecretsManagerRole', { RoleName: 'SecretsReader' }, 'add Axiom-Security'],
    ['everyone as the trusted principal', 'AxiomSecretsManagerRole', { TrustedPrincipalArn: '*' }, 'no wildcard'],
    ['an issuer with https://', 'AxiomOidcRole', { OIDCProviderURL: 'https://oidc.example.com' }, 'Remove https://'],
  ])(
    'refuse %s, and say how to mend it',
    async (_, stack, parameters, mend) => {
      const account = stack === 'AxiomOidcRole' ? roles.runnerAccount : roles.storeAccount;
      await expect(roles.app.deploy(account, stack, parameters)).rejects.toThrow(mend);
    },
    60_000,
  );

  it('leave nothing behind when they are destroyed', async () => {
    const { app, runnerAccount, storeAccount } = roles;
    await app.destroy(storeAccount, 'AxiomSecretsManagerRole');
    await expect(read(asProxy(), SECRET.name)).rejects.toMatchObject(REFUSED_BY_STS);
    await app.destroy(runnerAccount, 'AxiomOidcRole');
    await expect(asRunner()()).rejects.toMatchObject(REFUSED_BY_STS);
  }, 60_000);
});
