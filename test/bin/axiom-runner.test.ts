import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXIT_CONFIG } from '../../contract/exit-codes';
import { EXTERNAL_ID, RUNNER_ROLE_ARN } from '../support/roles';

const ROOT = join(__dirname, '../..');
const output = mkdtempSync(join(tmpdir(), 'axiom-synth-'));

afterAll(() => rmSync(output, { recursive: true }));

const SIGNED_OUT = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('AWS_')));

/** Runs the pinned CDK CLI on this app, as a user does. */
function cdk(...args: string[]) {
  const cli = join(ROOT, 'node_modules/aws-cdk/bin/cdk');
  const result = spawnSync(process.execPath, [cli, ...args, '--output', output, '--no-color'], {
    cwd: ROOT,
    encoding: 'utf8',
    // Nobody is signed in to AWS.
    env: { ...SIGNED_OUT, CI: 'true', CDK_DISABLE_CLI_TELEMETRY: 'true' },
  });
  return { status: result.status, stdout: result.stdout, stderr: result.stderr };
}

describe('cdk synth', () => {
  it('without any setting makes both templates, with zero warnings, and says what they need', () => {
    const { status, stdout, stderr } = cdk('synth', '--strict');
    expect(`${stdout}${stderr}`).not.toMatch(/\[?warning/i);
    expect(stderr).toContain(`This app deploys:
  AxiomSecretsManagerRole: Axiom Runner: role that reads the integration secrets of this account
    needs --parameters AxiomSecretsManagerRole:ExternalId=… --parameters AxiomSecretsManagerRole:TrustedPrincipalArn=…
  AxiomOidcRole: Axiom Runner: role of the runner in an EKS cluster
    needs --parameters AxiomOidcRole:OIDCProviderURL=… --parameters AxiomOidcRole:OIDCProviderARN=…
`);
    expect(status).toBe(0);
    const report = JSON.parse(readFileSync(join(output, 'validation-report.json'), 'utf8'));
    expect(JSON.stringify(report)).not.toMatch(/"severity"/);
  }, 60_000);

  it('takes settings from the context', () => {
    const context = ['-c', `axiom:externalId=${EXTERNAL_ID}`, '-c', `axiom:trustedPrincipalArn=${RUNNER_ROLE_ARN}`];
    const { status, stdout, stderr } = cdk('synth', 'AxiomSecretsManagerRole', ...context);
    expect(status).toBe(0);
    expect(stdout).toContain(`sts:ExternalId: ${EXTERNAL_ID}`);
    expect(stderr).not.toContain('AxiomSecretsManagerRole:ExternalId');
  }, 60_000);

  it('ends with the faults and nothing else when a setting is wrong', () => {
    const { status, stderr } = cdk('synth', '-c', 'axiom:externalId=a');
    expect(status).not.toBe(0);
    expect(stderr).toContain('axiom:externalId is "a", of length 1. Allowed: ');
    expect(stderr).toContain(`exited with error ${EXIT_CONFIG}`);
    expect(stderr).not.toMatch(/\n\s+at /);
  }, 60_000);

  it.each([
    ['a construct refuses a setting', ['-c', 'axiom:desiredCount=99'], '[AxiomEc2Runner/Runner] desiredCapacity is 99. Allowed: '],
    [
      'a network cannot be looked up',
      ['-c', 'axiom:vpcId=vpc-0a1b2c3d4e5f60718'],
      'axiom:vpcId is vpc-0a1b2c3d4e5f60718, which is looked up',
    ],
  ])(
    'says so without a stack trace when %s',
    (_, context, message) => {
      const runner = ['tenantId=acme', 'runnerGroupId=eu-1', 'apiKeySecret=axiom-runner/api-key'].flatMap((each) => [
        '-c',
        `axiom:${each}`,
      ]);
      const { status, stderr } = cdk('synth', '-c', 'host=ec2', ...runner, ...context);
      expect(status).not.toBe(0);
      expect(stderr).toContain(message);
      expect(stderr).toContain(`exited with error ${EXIT_CONFIG}`);
      expect(stderr).not.toMatch(/\n\s+at /);
    },
    60_000,
  );
});
