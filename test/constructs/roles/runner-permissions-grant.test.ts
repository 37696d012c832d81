import * as kms from 'aws-cdk-lib/aws-kms';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { IIntegrationSecret } from '../../../constructs';
import { aRunnerRole, KEY_ARN } from '../../support/roles';
import { aStackIn, findingsIn, refusalOf, statementsIn } from '../../support/synth';

class AnIntegrationSecret extends Construct implements IIntegrationSecret {
  public readonly systemType = 'postgresql';
  public readonly systemId: string;
  public readonly secret: secretsmanager.ISecret;

  constructor(scope: Construct, id: string, encryptionKey?: kms.IKey) {
    super(scope, id);
    this.systemId = id;
    this.secret =
      encryptionKey === undefined
        ? secretsmanager.Secret.fromSecretNameV2(this, 'Secret', `axiom-security/postgresql/${id}`)
        : new secretsmanager.Secret(this, 'Secret', { encryptionKey });
  }
}

const REGION = 'eu-central-1';
const secretArn = (id: string) => expect.stringMatching(new RegExp(`:secret:axiom-security/postgresql/${id}-[?]{6}$`));

describe('granting single integration secrets', () => {
  it('refuses one of another region than that of the secret store, which the runner would never read', () => {
    const stack = aStackIn(REGION);
    const runner = aRunnerRole(stack, { secretStoreRegion: 'eu-west-1' });
    const refusal = refusalOf(() => runner.grantRead(new AnIntegrationSecret(stack, 'db-1')));
    expect(refusal).toContain('integrationSecret is a secret in eu-central-1. Allowed: a secret in eu-west-1.');
    expect(JSON.stringify(statementsIn(stack))).toContain('axiom-security/*');
  });

  it('takes the permission for all of them away', () => {
    const stack = aStackIn(REGION);
    const runner = aRunnerRole(stack);
    const grant = runner.grantRead(new AnIntegrationSecret(stack, 'db-1'));
    runner.grantRead(new AnIntegrationSecret(stack, 'db-2'));
    expect(grant.success).toBe(true);
    expect(statementsIn(stack)).toContainEqual({
      Effect: 'Allow',
      Action: 'secretsmanager:GetSecretValue',
      Resource: [secretArn('db-1'), secretArn('db-2')],
    });
    expect(JSON.stringify(statementsIn(stack))).not.toContain('axiom-security/*');
    expect(findingsIn(stack)).toEqual([]);
  });

  it("allows to decrypt with the secret's own key, through Secrets Manager only", () => {
    const stack = aStackIn(REGION);
    aRunnerRole(stack).grantRead(new AnIntegrationSecret(stack, 'db', kms.Key.fromKeyArn(stack, 'Key', KEY_ARN)));
    expect(statementsIn(stack)).toContainEqual({
      Effect: 'Allow',
      Action: 'kms:Decrypt',
      Resource: KEY_ARN,
      Condition: { StringEquals: { 'kms:ViaService': expect.anything() } },
    });
  });
});

it('reads the secrets of another region, when the secret store is there', () => {
  const stack = aStackIn(REGION);
  aRunnerRole(stack, { secretStoreRegion: 'eu-west-1' });
  expect(JSON.stringify(statementsIn(stack))).toMatch(/secretsmanager:eu-west-1:\d{12}:secret:axiom-security/);
});
