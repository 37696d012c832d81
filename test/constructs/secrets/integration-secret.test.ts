import { App, CfnParameter, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { aPostgresqlSecret, ENDPOINT, somePostgresqlCredentials, theSecretIn } from '../../support/integration-secrets';
import { aRunnerRole, KEY_ARN } from '../../support/roles';
import { ACCOUNT, aStack, aStackIn, findingsIn, logicalIdsIn, PARTITIONS, refusalOf, statementsIn, templateOf } from '../../support/synth';

const SECRET = 'AWS::SecretsManager::Secret';

describe('a secret without credentials', () => {
  it('is made empty, and no later deployment touches the value that it was given', () => {
    const stack = aStack();
    aPostgresqlSecret(stack);
    expect(theSecretIn(stack)).toEqual({
      Name: `axiom-security/postgresql/${ENDPOINT}`,
      Description: `Axiom Runner: PostgreSQL, endpoint ${ENDPOINT}`,
    });
  });

  it('comes with the command that fills it, in the region of the stack', () => {
    const stack = aStackIn('eu-central-1');
    aPostgresqlSecret(stack);
    expect(templateOf(stack).findOutputs('*')).toEqual({
      DatabaseFillCommandE00FEE2D: {
        Description: 'Fills the empty secret: replace what stands in angle brackets, then run it',
        Value: `aws secretsmanager put-secret-value --region eu-central-1 --secret-id axiom-security/postgresql/${ENDPOINT} --secret-string '{"postgresql_hostname":"${ENDPOINT}","postgresql_username":"<username>","postgresql_password":"<password>"}'`,
      },
    });
  });
});

describe('a secret with credentials', () => {
  it('needs no command', () => {
    const stack = aStack();
    aPostgresqlSecret(stack, { credentials: somePostgresqlCredentials() });
    expect(templateOf(stack).findOutputs('*')).toEqual({});
  });
});

describe('every secret', () => {
  const withProps = (props: Parameters<typeof aPostgresqlSecret>[1]) => {
    const stack = aStack();
    aPostgresqlSecret(stack, props);
    return templateOf(stack);
  };

  it('is kept when it leaves the stack, but not when its first deployment fails', () => {
    withProps({}).hasResource(SECRET, { DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' });
  });

  it('is deleted with the stack where that is asked for', () => {
    withProps({ removalPolicy: RemovalPolicy.DESTROY }).hasResource(SECRET, { DeletionPolicy: 'Delete' });
  });

  it('has the description that is given', () => {
    withProps({ description: 'orders' }).hasResourceProperties(SECRET, { Description: 'orders' });
  });

  it('is encrypted with the key that is given', () => {
    const stack = aStack();
    aPostgresqlSecret(stack, { encryptionKey: kms.Key.fromKeyArn(stack, 'Key', KEY_ARN) });
    expect(theSecretIn(stack)).toHaveProperty('KmsKeyId', KEY_ARN);
  });

  it('says what it is for', () => {
    expect(aPostgresqlSecret(aStack())).toMatchObject({ systemType: 'postgresql', systemId: ENDPOINT });
  });

  it('keeps its logical id, because another id would replace the secret', () => {
    const stack = aStack();
    const { node } = aPostgresqlSecret(stack);
    expect(logicalIdsIn(stack)).toEqual(['DatabaseSecret3B817195']);
    expect(node.defaultChild).toBeInstanceOf(secretsmanager.CfnSecret);
  });

  it('may stand beside another in one stack', () => {
    const stack = aStack();
    aPostgresqlSecret(stack);
    aPostgresqlSecret(stack, { systemId: 'other.example.com' }, 'Other');
    expect(logicalIdsIn(stack)).toHaveLength(2);
    expect(findingsIn(stack)).toEqual([]);
  });

  it.each(PARTITIONS)('has no findings in $partition: no warnings, no errors, clean for cdk-nag', ({ region }) => {
    const stack = aStackIn(region);
    aPostgresqlSecret(stack);
    expect(findingsIn(stack)).toEqual([]);
  });

  it('has none either in an app without feature flags', () => {
    const stack = new Stack(new App(), 'Stack');
    aPostgresqlSecret(stack, { credentials: somePostgresqlCredentials() });
    expect(findingsIn(stack)).toEqual([]);
  });
});

describe('the id of a system', () => {
  it.each(['a', 'db.example.com', 'prod/db_1+2=3@example-4.com', 'a'.repeat(400)])('may be %s', (systemId) => {
    expect(aPostgresqlSecret(aStack(), { systemId }).systemId).toBe(systemId);
  });

  it.each([
    '',
    ' ',
    'db.example.com:5432',
    'https://db.example.com',
    '<endpoint>',
    'a//b',
    '/a',
    'a/',
    '..',
    'a/../b',
    './a',
    'a'.repeat(401),
  ])('may not be "%s"', (systemId) => {
    expect(refusalOf(() => aPostgresqlSecret(aStack(), { systemId }))).toMatch(
      /^\[Stack\/Database\] systemId is .*\. Allowed: 1 to 400 letters.*\. Leave out https:\/\/ and the port/,
    );
  });

  it('may be known to CloudFormation only', () => {
    const stack = aStack();
    aPostgresqlSecret(stack, { systemId: new CfnParameter(stack, 'Endpoint').valueAsString, credentials: somePostgresqlCredentials() });
    expect(theSecretIn(stack)).toHaveProperty('Name', { 'Fn::Join': ['', ['axiom-security/postgresql/', { Ref: 'Endpoint' }]] });
    expect(JSON.stringify(theSecretIn(stack)['SecretString'])).toContain('{"Ref":"Endpoint"}');
  });
});

describe('a rotation schedule', () => {
  const aFunction = (stack: Stack) =>
    lambda.Function.fromFunctionAttributes(stack, 'Rotate', {
      functionArn: `arn:aws:lambda:eu-central-1:${ACCOUNT}:function:rotate`,
      sameEnvironment: false,
    });

  it('calls the function of the user', () => {
    const stack = aStack();
    aPostgresqlSecret(stack).addRotationSchedule('Rotation', { rotationLambda: aFunction(stack), automaticallyAfter: Duration.days(7) });
    templateOf(stack).hasResourceProperties('AWS::SecretsManager::RotationSchedule', {
      SecretId: { Ref: 'DatabaseSecret3B817195' },
      RotationLambdaARN: `arn:aws:lambda:eu-central-1:${ACCOUNT}:function:rotate`,
      RotationRules: { ScheduleExpression: 'rate(7 days)' },
    });
  });

  it("refuses AWS's own functions, which write fields that no runner reads", () => {
    const hostedRotation = secretsmanager.HostedRotation.postgreSqlSingleUser();
    expect(refusalOf(() => aPostgresqlSecret(aStack()).addRotationSchedule('Rotation', { hostedRotation }))).toMatch(
      /^\[Stack\/Database\] hostedRotation is set\. Allowed: rotationLambda/,
    );
  });
});

describe('a runner that is granted a secret', () => {
  it('reads this one and no other', () => {
    const stack = aStack();
    aRunnerRole(stack).grantRead(aPostgresqlSecret(stack));
    const reading = statementsIn(stack).filter((statement) => JSON.stringify(statement).includes('secretsmanager:GetSecretValue'));
    expect(reading).toEqual([{ Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource: { Ref: 'DatabaseSecret3B817195' } }]);
    expect(findingsIn(stack)).toEqual([]);
  });

  it('may do so with a key of the same app', () => {
    const stack = aStackIn('eu-central-1');
    const encryptionKey = new kms.Key(stack, 'Key', { enableKeyRotation: true });
    aRunnerRole(stack).grantRead(aPostgresqlSecret(stack, { encryptionKey, credentials: somePostgresqlCredentials() }));
    expect(JSON.stringify(statementsIn(stack))).toContain('"Action":"kms:Decrypt"');
    expect(findingsIn(stack)).toEqual([]);
  });

  it('may decrypt with its key, through Secrets Manager only', () => {
    const stack = aStackIn('eu-central-1');
    aRunnerRole(stack).grantRead(aPostgresqlSecret(stack, { encryptionKey: kms.Key.fromKeyArn(stack, 'Key', KEY_ARN) }));
    expect(statementsIn(stack)).toContainEqual({
      Effect: 'Allow',
      Action: 'kms:Decrypt',
      Resource: KEY_ARN,
      Condition: { StringEquals: { 'kms:ViaService': { 'Fn::Join': ['', ['secretsmanager.eu-central-1.', { Ref: 'AWS::URLSuffix' }]] } } },
    });
  });
});
