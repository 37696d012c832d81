import { CfnParameter, Fn, type Stack } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import { IntegrationSecret } from '../../../constructs';
import { anImportedSecret, ENDPOINT } from '../../support/integration-secrets';
import { aRunnerRole, KEY_ARN } from '../../support/roles';
import { ACCOUNT, aStack, aStackIn, logicalIdsIn, OTHER_ACCOUNT, refusalOf, statementsIn } from '../../support/synth';

describe('a secret that exists', () => {
  const arn = (name: string) => `arn:aws:secretsmanager:eu-west-1:${OTHER_ACCOUNT}:secret:${name}-a1B2c3`;
  const resourceIn = (stack: Stack) => {
    const [statement] = statementsIn(stack).filter((candidate) => JSON.stringify(candidate).includes('secretsmanager:GetSecretValue'));
    return statement;
  };

  it('is found by its name in account and region of the stack', () => {
    const stack = aStackIn('eu-central-1');
    const imported = anImportedSecret(stack);
    aRunnerRole(stack).grantRead(imported);
    expect(imported).toMatchObject({ systemType: 'postgresql', systemId: ENDPOINT });
    expect(resourceIn(stack)).toHaveProperty(
      'Resource',
      `arn:aws:secretsmanager:eu-central-1:${ACCOUNT}:secret:axiom-security/postgresql/${ENDPOINT}-??????`,
    );
    expect(logicalIdsIn(stack).filter((id) => id.startsWith('Imported'))).toEqual([]);
  });

  it('is found by its ARN, with its key', () => {
    const stack = aStackIn('eu-central-1');
    const secretArn = arn(`axiom-security/postgresql/${ENDPOINT}`);
    const encryptionKey = kms.Key.fromKeyArn(stack, 'Key', KEY_ARN);
    const imported = IntegrationSecret.fromIntegrationSecretAttributes(stack, 'Imported', {
      systemType: 'postgresql',
      systemId: ENDPOINT,
      secretArn,
      encryptionKey,
    });
    aRunnerRole(stack).grantRead(imported);
    expect(resourceIn(stack)).toHaveProperty('Resource', secretArn);
    expect(imported.secret.env).toMatchObject({ account: OTHER_ACCOUNT, region: 'eu-west-1' });
    expect(JSON.stringify(statementsIn(stack))).toContain('"secretsmanager.eu-west-1."');
  });

  it.each([
    ['of another system', arn('axiom-security/postgresql/other.example.com')],
    ['with another character for a dot', arn('axiom-security/postgresql/dbxexample.com')],
    ['of a secret outside the prefix', arn(ENDPOINT)],
    ['without the six characters', arn(`axiom-security/postgresql/${ENDPOINT}`).slice(0, -7)],
    ['that is none', 'secret'],
  ])('is not taken by an ARN %s', (_, secretArn) => {
    expect(refusalOf(() => anImportedSecret(aStack(), { secretArn }))).toMatch(
      /^\[Stack\] secretArn is ".*"\. Allowed: the ARN of the secret axiom-security\/postgresql\/db\.example\.com .*\. Copy "ARN"/,
    );
  });

  it('may have an ARN and an id that only CloudFormation knows', () => {
    const stack = aStack();
    const secretArn = new CfnParameter(stack, 'Arn').valueAsString;
    const systemId = Fn.ref('AWS::StackName');
    const imported = IntegrationSecret.fromIntegrationSecretAttributes(stack, 'Imported', { systemType: 'mysql', systemId, secretArn });
    aRunnerRole(stack).grantRead(imported);
    expect(imported.systemId).toBe(systemId);
    expect(resourceIn(stack)).toHaveProperty('Resource', { Ref: 'Arn' });
  });

  it('is of a kind that runners know', () => {
    expect(
      refusalOf(() => IntegrationSecret.fromIntegrationSecretAttributes(aStack(), 'Imported', { systemType: 'oracle', systemId: 'a' })),
    ).toMatch(/^\[Stack\] systemType is "oracle"\. Allowed: k8s, postgresql, .*\. Take the second part/);
  });
});
