import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, type Stack } from 'aws-cdk-lib';
import { RunnerLogLevel } from '../../../constructs';
import { envFile } from '../../../constructs/runner/env-file';
import { runnerEnvironment } from '../../../constructs/runner/runner-environment';
import { EXIT_CONFIG } from '../../../contract/exit-codes';
import { sandbox } from '../../../contract/systemd';
import { STOP_TIMEOUT_SECONDS } from '../../../contract/tasks';
import { findings, linter } from '../../deploy/scripts/support/linters';
import { anEc2Runner, fileIn, userDataOf } from '../../support/ec2-runner';
import { aStackIn, refusalOf, statementsIn } from '../../support/synth';

const folder = mkdtempSync(join(tmpdir(), 'axiom-user-data-'));
afterAll(() => rmSync(folder, { recursive: true }));

const aStackOfItsOwn = () => aStackIn('eu-central-1');
const PROXY = { httpsProxy: 'http://proxy.example.com:3128', noProxy: ['.example.com', 'db.internal'] };
const POLICY = `permit (principal, action, resource); // ${'x'.repeat(16_000)}`;
const CERTIFICATES = `-----BEGIN CERTIFICATE-----\n${'A'.repeat(16_000)}\n-----END CERTIFICATE-----\n`;
const EVERYTHING = {
  ...PROXY,
  controlPlaneAddress: 'control.example.com:443',
  policy: POLICY,
  caCertificates: CERTIFICATES,
  allowed: Array.from({ length: 500 }, (_, index) => `postgresql/db-${index}.example.com`),
  logLevel: RunnerLogLevel.DEBUG,
  environment: { AXIOM_TEST: `it's "quoted", $HOME \`date\` and $(date)` },
};

const plain = userDataOf(anEc2Runner(aStackOfItsOwn()));
const largest = userDataOf(anEc2Runner(aStackOfItsOwn(), EVERYTHING));
/** As CloudFormation hands it on: with something in the place of each reference. */
const filledIn = (userData: string) => userData.replaceAll(/\$\{(?:[A-Z][A-Za-z0-9:]*|\{.*?\})\}/g, 'value');

function written(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe.each([
  ['of the defaults', plain],
  ['of the largest settings', largest],
])('the user data %s', (name, userData) => {
  const path = written(`${name.replaceAll(' ', '-')}.sh`, filledIn(userData));

  it('is bash', () => {
    expect(spawnSync('bash', ['-n', path], { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
  });

  const shellcheck = linter('shellcheck');
  (shellcheck === undefined ? it.skip : it)('has no findings of shellcheck', () => {
    // SC2329: it does not see functions that are called through a trap and as arguments.
    expect(findings(shellcheck ?? '', '--exclude=SC2329', path)).toBe('');
  });

  it('fits into EC2', () => {
    expect(Buffer.byteLength(userData)).toBeLessThan(16_384);
  });
});

describe('the env file', () => {
  it('is the rendering that all hosts have, with the region', () => {
    const stack = aStackOfItsOwn();
    const runner = anEc2Runner(stack, { ...PROXY, environment: EVERYTHING.environment });
    const references = { apiKeySecretId: 'KEY', stateKeySecretId: 'STATE' };
    const settings = { tenantId: 'tenant-1', runnerGroupId: 'group-1', ...PROXY, environment: EVERYTHING.environment };
    const expected = envFile(runner, { AWS_REGION: 'eu-central-1', ...runnerEnvironment(runner, settings, references) });
    const found = fileIn(userDataOf(runner), '/etc/axiom-runner/env');
    expect(found.replace(/(API_KEY_SECRET_ID=).*/, '$1KEY').replace(/(STATE_KEY_SECRET_ID=).*/, '$1STATE')).toBe(expected);
  });

  it('takes any value that env files carry, as it is', () => {
    const path = written('write-env.sh', `cat >"$1" <<'END_OF_FILE'\n${fileIn(largest, '/etc/axiom-runner/env')}END_OF_FILE\n`);
    spawnSync('bash', [path, join(folder, 'env')]);
    expect(readFileSync(join(folder, 'env'), 'utf8')).toContain(`\nAXIOM_TEST=${EVERYTHING.environment.AXIOM_TEST}\n`);
  });

  it('gets long values from an asset, which the role may read', () => {
    const stack = aStackOfItsOwn();
    const userData = userDataOf(anEc2Runner(stack, EVERYTHING));
    expect(fileIn(userData, '/etc/axiom-runner/env')).not.toMatch(/RUNNER_(POLICY|CA_CERTIFICATES|ALLOWED)=/);
    expect(userData).toMatch(/retry aws s3 cp --only-show-errors 's3:\/\/\S+\.env' "\$work\/env"\ncat "\$work\/env" >>/);
    expect(longSettingsOf(stack)).toBe(
      envFile(stack, {
        RUNNER_ALLOWED: EVERYTHING.allowed.join(','),
        RUNNER_POLICY: Buffer.from(POLICY).toString('base64'),
        RUNNER_CA_CERTIFICATES: Buffer.from(CERTIFICATES).toString('base64'),
      }),
    );
    expect(JSON.stringify(statementsIn(stack))).toMatch(/"s3:GetObject".*\/[0-9a-f]{64}\.env/);
  });

  it('is refused when it is still too long', () => {
    const environment = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`AXIOM_TEST_${index}`, 'x'.repeat(500)]));
    expect(refusalOf(() => anEc2Runner(aStackOfItsOwn(), { environment }))).toMatch(
      /\[Stack\/Runner] environment is too long: \d+ bytes of user data\. Allowed: at most 16384 bytes\./,
    );
  });
});

describe('the service', () => {
  const unit = fileIn(plain, '/etc/systemd/system/axiom-runner.service');

  it('is held in by what holds in a runner that is registered by the script', () => {
    const script = readFileSync(join(__dirname, '../../../deploy/scripts/axiom-runner.sh'), 'utf8');
    const settingsOf = (text: string) => [...text.matchAll(/^[A-Z]\w+=.*$/gm)].map(([line]) => line);
    const ofScript = settingsOf(script.slice(script.indexOf('[Service]'), script.indexOf('[Install]')))
      .map((line) => line.replace('$EXIT_CONFIG', String(EXIT_CONFIG)).replace('$STOP_TIMEOUT_SECONDS', String(STOP_TIMEOUT_SECONDS)))
      .filter((line) => !/^(User|WorkingDirectory|ExecStart)=/.test(line));
    expect(script).toContain('\n$SANDBOX\n');
    expect(sandbox('yes').length).toBeGreaterThan(15);
    expect(settingsOf(unit)).toEqual(expect.arrayContaining([...ofScript, ...sandbox('yes'), 'User=axiom-runner']));
  });

  it('starts the runner with the flag that reaches the runner, not node', () => {
    expect(unit).toContain('ExecStart=/opt/axiom-runner/axiomrunner --env-file /etc/axiom-runner/env\n');
    expect(plain).toContain(`exec /usr/bin/node-24 -- /opt/axiom-runner/axiomrunner.cjs "$@"`);
  });

  const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0;
  (hasSystemd ? it : it.skip)('is understood by systemd', () => {
    const here = unit.replace(/^ExecStart=\S+/m, 'ExecStart=/bin/true').replace(/^User=.*$/m, 'User=root');
    const path = written('axiom-runner.service', here);
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', path], { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});

describe('the HTTP proxy', () => {
  const userData = userDataOf(anEc2Runner(aStackOfItsOwn(), PROXY));

  it('is that of the tools of the host as well, but not for the metadata service', () => {
    expect(userData).toContain("export https_proxy='http://proxy.example.com:3128'");
    expect(userData).toContain("export no_proxy='localhost,127.0.0.1,169.254.169.254,.example.com,db.internal'");
    expect(userData).toContain('/opt/aws/amazon-cloudwatch-agent/etc/common-config.toml');
  });

  it('is not mentioned when there is none', () => {
    expect(plain).not.toMatch(/proxy/i);
  });
});

it('installs packages from the repository of Amazon Linux only', () => {
  expect(plain.match(/dnf install .*/g)).toEqual(['dnf install --assumeyes --quiet --repo=amazonlinux "$@")']);
});

/** Text of the asset with the long settings. */
function longSettingsOf(stack: Stack): string {
  const directory = App.of(stack)?.synth().directory ?? '';
  const [asset = '', ...others] = readdirSync(directory).filter((name) => name.startsWith('asset.') && name.endsWith('.env'));
  expect(others).toEqual([]);
  return readFileSync(join(directory, asset), 'utf8');
}
