import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { ENVIRONMENT_PLACEHOLDERS } from '../../../contract/environment';
import { ROOT, type Sandbox, SCRIPT_NAMES, sandbox } from './support/script-run';

const KEY = 'a-key-that-nobody-may-see';
const GIVEN = ['--tenantid', 'acme', '--runnergroupid', 'rg-1', '--apikey-file', '-'];
const DEFAULTS = [
  'SECRETS_STORE_ENGINE=aws-secrets-manager',
  'WORKFLOW_RESULT_TASK_QUEUE=AxiomWorkflowResultHandlerTaskQueue',
  'WORKFLOW_RESULT_ACTIVITY_NAME=HandleWorkflowResult',
  'AXIOM_ACTIONS_ADDRESS_AND_PORT=axiomactions.axiom.security:443',
];

describe.each(SCRIPT_NAMES)('settings of %s', (script) => {
  let box: Sandbox;
  beforeEach(() => {
    box = sandbox(script);
  });
  afterEach(() => box.dispose());

  const start = (args: readonly string[], input = KEY) => box.run(['start', '--no-wait', ...args], input);
  const lines = () => box.read('.env').trimEnd().split('\n');

  it('writes the file of the guide, for nobody else to read', () => {
    expect(start(GIVEN)).toMatchObject({ code: 0 });
    expect(lines()).toEqual(['TENANT_ID=acme', 'RUNNER_GROUP_ID=rg-1', `RUNNER_API_KEY=${KEY}`, ...DEFAULTS]);
    expect(statSync(join(box.path, '.env')).mode & 0o777).toBe(0o600);
    expect(readdirSync(box.path).filter((name) => name.startsWith('.env.'))).toEqual([]);
  });

  it('has an option for each setting that the guide names, and --env for every other', () => {
    start([...GIVEN, '--region', 'eu-central-1', '--role-arn=arn:aws:iam::111122223333:role/Axiom-Security-R', '--external-id', 'x-1']);
    start(['--env', 'RUNNER_LOG_LEVEL=debug', '--env', 'AWS_REGION=eu-central-1', '--env', 'AXIOM_TLS=on=off']);
    expect(lines()).toEqual(
      expect.arrayContaining([
        'AWS_SECRETS_MANAGER_REGION=eu-central-1',
        'AWS_SECRETS_MANAGER_ROLE_ARN=arn:aws:iam::111122223333:role/Axiom-Security-R',
        'AWS_SECRETS_MANAGER_ROLE_EXTERNAL_ID=x-1',
        'RUNNER_LOG_LEVEL=debug',
        'AWS_REGION=eu-central-1',
        'AXIOM_TLS=on=off',
      ]),
    );
  });

  it('replaces the lines of what is given and leaves the others as they are', () => {
    box.write('.env', '# mine\nTENANT_ID=old\n\nUNKNOWN=kept\nRUNNER_GROUP_ID=rg-0\nTENANT_ID=older\nRUNNER_API_KEY=old-key', 0o644);
    expect(start(['--tenantid', 'acme'])).toMatchObject({ code: 0 });
    expect(lines()).toEqual(['# mine', 'TENANT_ID=acme', '', 'UNKNOWN=kept', 'RUNNER_GROUP_ID=rg-0', 'RUNNER_API_KEY=old-key']);
    expect(statSync(join(box.path, '.env')).mode & 0o777).toBe(0o600);
  });

  it('protects a file that it need not change', () => {
    box.write('.env', 'TENANT_ID=acme\nRUNNER_GROUP_ID=rg-1\nRUNNER_API_KEY=k\n', 0o644);
    expect(start([])).toMatchObject({ code: 0 });
    expect(statSync(join(box.path, '.env')).mode & 0o777).toBe(0o600);
  });

  it('does with a key in a secret', () => {
    const { code } = start(['--tenantid', 'acme', '--runnergroupid', 'rg-1', '--env', 'RUNNER_API_KEY_SECRET_ID=runner-key']);
    expect(code).toBe(0);
    expect(lines()).not.toContainEqual(expect.stringMatching(/^RUNNER_API_KEY=/));
  });

  it('takes a key from a file, with or without a line end of either kind', () => {
    for (const end of ['', '\n', '\r\n']) {
      box.write('key', `${KEY}${end}`);
      expect(start([...GIVEN.slice(0, 4), '--apikey-file', join(box.path, 'key')])).toMatchObject({ code: 0 });
      expect(lines()).toContain(`RUNNER_API_KEY=${KEY}`);
    }
  });

  it('takes values that look like code as they are', () => {
    const hostile = '$(touch pwned)`touch pwned`;*&|<>#!%s"x"';
    start([...GIVEN.slice(0, 4), '--apikey-file', '-'], hostile);
    expect(lines()).toContain(`RUNNER_API_KEY=${hostile}`);
    expect(existsSync(join(box.path, 'pwned'))).toBe(false);
  });

  it('says in one message what is missing', () => {
    const { code, output } = start([]);
    expect(code).toBe(78);
    expect(output).toContain('missing: TENANT_ID (--tenantid), RUNNER_GROUP_ID (--runnergroupid), RUNNER_API_KEY');
    expect(box.has('.env')).toBe(false);
  });

  it.each(ENVIRONMENT_PLACEHOLDERS)('takes the placeholder %s for missing, in an option and in the file', (placeholder) => {
    expect(start(['--tenantid', placeholder.toLowerCase()])).toEqual({ code: 78, output: expect.stringContaining('placeholder') });
    box.write('.env', `TENANT_ID=${placeholder}\nRUNNER_GROUP_ID=rg-1\nRUNNER_API_KEY=k\n`);
    expect(start([])).toEqual({ code: 78, output: expect.stringContaining('missing: TENANT_ID') });
  });

  it.each([
    ['', 'is empty'],
    ['two\nlines', 'more than one line'],
    ['tab\tin it', 'control character'],
    [' s3cr3t', 'begins or ends with a blank'],
    ['s3cr3t ', 'begins or ends with a blank'],
    ['"quoted"', 'begins with a quote'],
    ["'quoted", 'begins with a quote'],
    ['back\\slash', 'holds a backslash'],
  ])('refuses the key %j, which is not read alike everywhere, and does not show it', (key, found) => {
    const { code, output } = start(GIVEN, key);
    expect({ code, output }).toEqual({ code: 78, output: expect.stringContaining(found) });
    if (key !== '') expect(output).not.toContain(key.trim());
    expect(box.has('.env')).toBe(false);
  });

  it.each([
    [['--tenant', 'acme'], 'start has no option "--tenant". Allowed: --tenantid'],
    [['--tenantid'], '--tenantid has no value'],
    [['--tenantid', '--runnergroupid', 'rg-1'], '--tenantid has no value'],
    [['--no-wait=now'], '--no-wait takes no value'],
    [['acme'], 'start has no option "acme"'],
    [['--env', 'RUNNER_LOG_LEVEL'], '--env is no NAME=VALUE'],
    [['--env', 'RUNNER_LOGLEVEL=debug'], 'names a variable that a runner does not know'],
    [['--apikey', 'one', '--apikey-file', '-'], 'stands beside'],
    [['--version', '1.2.3'], 'start has no option "--version"'],
  ])('refuses %j with exit code 64 and the mend', (args, message) => {
    const { code, output } = start(args);
    expect({ code, output }).toEqual({ code: 64, output: expect.stringContaining(message) });
    expect(output.trim().split('\n')).toHaveLength(2);
  });

  it.each([
    [['begin'], '"begin" is no verb'],
    [['update', '--version', '../1'], '--version is'],
    [['logs', '--lines', 'many'], '--lines is no whole number'],
  ])('refuses %j', (args, message) => {
    expect(box.run(args)).toEqual({ code: 64, output: expect.stringContaining(message) });
  });

  it('refuses a file for the key that cannot be read, and a link in the place of .env', () => {
    expect(start([...GIVEN.slice(0, 4), '--apikey-file', '/nowhere/key'])).toMatchObject({ code: 78 });
    symlinkSync('/dev/null', join(box.path, '.env'));
    expect(start(GIVEN)).toEqual({ code: 78, output: expect.stringContaining('is a link') });
  });
});

it('writes what the runner reads', () => {
  const box = sandbox('binary');
  try {
    const tricky = '{"kty":"OKP","x":"a=b #c"}';
    box.run(['start', '--no-wait', ...GIVEN, '--env', `AXIOM_TASK_VERIFICATION_KEY=${tricky}`], KEY);
    const source = `import { readFileSync } from 'node:fs'; import { parseEnvFile } from './runner-runtime/src/config/env-file.ts'; console.log(JSON.stringify(parseEnvFile(readFileSync(process.argv[1], 'utf8'))));`;
    const { stdout } = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', source, join(box.path, '.env')], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    expect(JSON.parse(stdout)).toMatchObject({
      variables: { TENANT_ID: 'acme', RUNNER_API_KEY: KEY, AXIOM_TASK_VERIFICATION_KEY: tricky },
      faultyLines: [],
    });
  } finally {
    box.dispose();
  }
});

describe.each(SCRIPT_NAMES)('the folder of %s', (script) => {
  it('is another one with AXIOM_RUNNER_HOME, and must exist', () => {
    const other = sandbox('binary');
    const box = sandbox(script, { AXIOM_RUNNER_HOME: `${other.path}/programs/..` });
    const lost = sandbox(script, { AXIOM_RUNNER_HOME: '/nowhere' });
    try {
      expect(box.run(['start', '--no-wait', ...GIVEN], KEY)).toMatchObject({ code: 0 });
      expect([box.has('.env'), other.has('.env')]).toEqual([false, true]);
      expect(lost.run(['start', '--no-wait', ...GIVEN], KEY)).toMatchObject({ code: 78, output: expect.stringContaining('/nowhere') });
    } finally {
      for (const made of [box, other, lost]) made.dispose();
    }
  });
});
