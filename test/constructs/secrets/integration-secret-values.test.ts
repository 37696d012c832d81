import {
  CfnDynamicReference,
  CfnDynamicReferenceService,
  CfnParameter,
  CfnResource,
  CustomResource,
  Fn,
  Lazy,
  SecretValue,
  Stack,
} from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { aPostgresqlSecret, ENDPOINT, somePostgresqlCredentials, theSecretIn } from '../../support/integration-secrets';
import { anApp, aStack, findingsIn, refusalOf, templateOf, theOne } from '../../support/synth';

const CANARY = 'canary-5b1f';

function passwordIn(stack: Stack, password: SecretValue): void {
  aPostgresqlSecret(stack, { credentials: somePostgresqlCredentials({ password }) });
}

describe('a secret value is refused, and not repeated, as', () => {
  const parameter = (stack: Stack, props = {}) => new CfnParameter(stack, 'Parameter', props);

  it.each<[string, RegExp, (stack: Stack) => SecretValue]>([
    ['plain text', /plain text/, () => SecretValue.unsafePlainText(CANARY)],
    ['plain text that is computed late', /plain text/, () => SecretValue.unsafePlainText(Lazy.string({ produce: () => CANARY }))],
    [
      'plain text beside a reference',
      /plain text/,
      (stack) => SecretValue.unsafePlainText(`${CANARY}${new CustomResource(stack, 'Custom', { serviceToken: 'token' }).ref}`),
    ],
    ['plain text inside a function', /plain text/, () => SecretValue.unsafePlainText(Fn.base64(CANARY))],
    ['plain text of a mapping', /plain text/, (stack) => SecretValue.unsafePlainText(Fn.findInMap(CANARY, stack.region, 'password'))],
    ['text between two dynamic references', /plain text/, () => SecretValue.unsafePlainText(`{{resolve:ssm:a}}${CANARY}{{resolve:ssm:b}}`)],
    ['a parameter that is shown', /a parameter/, (stack) => SecretValue.unsafePlainText(parameter(stack).valueAsString)],
    ['a parameter with a default', /a parameter/, (stack) => SecretValue.cfnParameter(parameter(stack, { noEcho: true, default: CANARY }))],
    ['a secure string of the Parameter Store', /does not resolve in a secret/, () => SecretValue.ssmSecure(`/${CANARY}`, '1')],
    ['an export of another stack', /plain text/, () => SecretValue.unsafePlainText(Fn.importValue(CANARY))],
    ['a reference by name', /target is unknown/, () => SecretValue.unsafePlainText(Fn.ref(CANARY))],
  ])('%s', (_, fault, valueIn) => {
    const stack = aStack();
    const refusal = refusalOf(() => passwordIn(stack, valueIn(stack)));
    expect(refusal).toMatch(/^\[Stack\/Database\] credentials\.password is .*\. Allowed: a SecretValue that refers .*\. Store the value /);
    expect(refusal).toMatch(fault);
    expect(refusal).not.toContain(CANARY);
  });

  it('an attribute of another stack, whose outputs would show it', () => {
    const app = anApp();
    const other = new Stack(app, 'Other');
    const value = SecretValue.resourceAttribute(new CfnResource(other, 'Made', { type: 'Example::Key' }).getAtt('Value').toString());
    expect(refusalOf(() => passwordIn(new Stack(app, 'Stack'), value))).toMatch(/is a value of another stack/);
  });
});

describe('a secret value is accepted as', () => {
  const secretString = (value: unknown) => ({
    'Fn::Join': ['', [`{"postgresql_hostname":"${ENDPOINT}","postgresql_username":"axiom","postgresql_password":"`, value, '"}']],
  });

  it('a value of Secrets Manager by its name', () => {
    const stack = aStack();
    passwordIn(stack, SecretValue.secretsManager('source', { jsonField: 'password' }));
    expect(theSecretIn(stack)['SecretString']).toBe(
      `{"postgresql_hostname":"${ENDPOINT}","postgresql_username":"axiom","postgresql_password":"{{resolve:secretsmanager:source:SecretString:password::}}"}`,
    );
    expect(findingsIn(stack)).toEqual([]);
  });

  it('a field of a secret of the same app, in this stack or another', () => {
    const app = anApp();
    const other = new Stack(app, 'Other');
    const source = new secretsmanager.Secret(other, 'Source');
    const stack = new Stack(app, 'Stack');
    passwordIn(stack, source.secretValueFromJson('password'));
    expect(JSON.stringify(theSecretIn(stack)['SecretString'])).toMatch(/\{\{resolve:secretsmanager:.*:SecretString:password::\}\}/);
  });

  it('a dynamic reference that the user wrote', () => {
    const stack = aStack();
    passwordIn(stack, SecretValue.cfnDynamicReference(new CfnDynamicReference(CfnDynamicReferenceService.SSM, '/axiom/password:1')));
    expect(theSecretIn(stack)['SecretString']).toContain('"{{resolve:ssm:/axiom/password:1}}"');
  });

  it('an attribute of a resource of the same stack', () => {
    const stack = aStack();
    const key = new iam.AccessKey(stack, 'Key', { user: iam.User.fromUserName(stack, 'User', 'axiom') });
    passwordIn(stack, key.secretAccessKey);
    expect(theOne(templateOf(stack), 'AWS::SecretsManager::Secret')['SecretString']).toEqual(
      secretString({ 'Fn::GetAtt': [expect.stringMatching(/^Key/), 'SecretAccessKey'] }),
    );
  });

  it('a parameter that CloudFormation does not show', () => {
    const stack = aStack();
    passwordIn(stack, SecretValue.cfnParameter(new CfnParameter(stack, 'Password', { noEcho: true })));
    expect(theSecretIn(stack)['SecretString']).toEqual(secretString({ Ref: 'Password' }));
  });
});

describe('a setting that is no secret', () => {
  const refused = (credentials: Parameters<typeof somePostgresqlCredentials>[0]) =>
    refusalOf(() => aPostgresqlSecret(aStack(), { credentials: somePostgresqlCredentials(credentials) }));

  it.each([
    [{ username: '' }, 'credentials.username is empty. Allowed: User that the runner works as. '],
    [{ username: '<Username>' }, 'credentials.username is "<Username>", a placeholder. Allowed: '],
    [{ port: 0 }, 'credentials.port is 0. Allowed: a whole number from 1 to 65535. '],
    [{ port: 5432.5 }, 'credentials.port is 5432.5. '],
    [{ port: 65_536 }, 'credentials.port is 65536. '],
  ])('is refused: %j', (credentials, message) => {
    expect(refused(credentials)).toContain(message);
  });

  it('is escaped in the JSON text', () => {
    const stack = aStack();
    const sslCa = '-----BEGIN CERTIFICATE-----\nMII"\\\n-----END CERTIFICATE-----\n';
    aPostgresqlSecret(stack, { credentials: somePostgresqlCredentials({ sslCa }) });
    expect(JSON.parse(String(theSecretIn(stack)['SecretString']))).toHaveProperty('ssl_ca', sslCa);
  });

  it('may be known to CloudFormation only', () => {
    const stack = aStack();
    const username = new CfnParameter(stack, 'User').valueAsString;
    const port = new CfnParameter(stack, 'Port', { type: 'Number' }).valueAsNumber;
    aPostgresqlSecret(stack, { credentials: somePostgresqlCredentials({ username, port }) });
    const text = JSON.stringify(theSecretIn(stack)['SecretString']);
    expect(text).toContain('{"Ref":"User"}');
    expect(text).toContain('{"Ref":"Port"}');
  });

  it('is the id of the system where that is its value', () => {
    const stack = aStack();
    aPostgresqlSecret(stack, { credentials: somePostgresqlCredentials({ hostname: undefined }) });
    expect(theSecretIn(stack)['SecretString']).toContain(`"postgresql_hostname":"${ENDPOINT}"`);
  });
});
