import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ENVIRONMENT } from '../../../contract/environment.js';
import { run } from './fake-terminal.js';

const CANARY = 'canary-api-key';
const LEAST = ['TENANT_ID=acme', 'RUNNER_GROUP_ID=group-1', `RUNNER_API_KEY=${CANARY}`, 'SECRETS_STORE_ENGINE=file'];

describe('the command line', () => {
  const environment = { ...process.env };
  let folder: string;

  const envFile = (...lines: string[]) => {
    const path = join(folder, '.env');
    writeFileSync(path, lines.join('\n'));
    return path;
  };
  const complete = (...more: string[]) => envFile(...LEAST, `SECRETS_STORE_FOLDER=${folder}`, ...more);
  const putSecret = (name: string, text: string) => {
    const path = join(folder, `${name}.json`);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, text);
    chmodSync(path, 0o600);
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'axiom-test-cli-'));
    for (const { name } of ENVIRONMENT) delete process.env[name];
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
    for (const name of Object.keys(process.env)) delete process.env[name];
    Object.assign(process.env, environment);
  });

  it('explains itself with examples and exit codes', async () => {
    const { code, out, err } = await run('--help');
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain('axiomrunner --env-file .env');
    expect(out).toContain('78 wrong settings');
    for (const command of ['start', 'health', 'doctor', 'test-connection', 'collect', 'secret', 'access']) expect(out).toContain(command);
  });

  it.each([['start'], ['doctor'], ['collect'], ['test-connection'], ['secret', 'validate'], ['access', 'list'], ['access', 'revoke']])(
    'explains the command %s %s',
    async (...command) => {
      const { code, out } = await run(...command.filter((word) => word !== undefined), '--help');
      expect(code).toBe(0);
      expect(out).toContain('--env-file <path>');
    },
  );

  it.each([
    ['an unknown command', ['frobnicate']],
    ['an unknown option', ['--frobnicate']],
    ['an option without its value', ['--env-file']],
    ['a missing argument', ['collect']],
    ['too many arguments', ['collect', 'mysql/a', 'mysql/b']],
    ['no system', ['test-connection', 'nonsense']],
    ['a type that nobody knows', ['test-connection', 'oracle/db']],
    ['a way out of the prefix', ['secret', 'validate', 'mysql/../other']],
    ['neither a request nor --all', ['access', 'revoke']],
    ['a request and --all', ['access', 'revoke', 'request-1', '--all']],
  ])('answers %s with 64 and a word of help', async (_, args) => {
    const { code, out, err } = await run(...args);
    expect([code, out]).toEqual([64, '']);
    expect(err).not.toBe('');
  });

  it('answers wrong settings with 78 and one message that lists every fault', async () => {
    const path = envFile('TENANT_ID=your-tenant-id', `RUNNER_API_KEY=${CANARY}`, 'RUNNER_LOG_LEVEL=loud', 'RUNNER_MAX_DURATION=1 year');
    const { code, err } = await run('secret', 'validate', 'mysql/db', '--env-file', path);
    expect(code).toBe(78);
    expect(err).toMatch(/^axiomrunner: 4 settings are missing or malformed:\n/);
    for (const name of ['TENANT_ID', 'RUNNER_GROUP_ID', 'RUNNER_LOG_LEVEL', 'RUNNER_MAX_DURATION']) expect(err).toContain(`  ${name}: `);
    expect(err).not.toContain(CANARY);
  });

  it('says the same as JSON', async () => {
    const { code, err } = await run('secret', 'validate', 'mysql/db', '--env-file', envFile(...LEAST, 'RUNNER_LOG_LEVEL=loud'), '--json');
    expect(code).toBe(78);
    expect(JSON.parse(err)).toEqual({
      error: { code: 'SETTINGS', faults: [{ variable: 'RUNNER_LOG_LEVEL', found: 'is "loud"', mend: expect.any(String) }] },
    });
  });

  it.each([[[]], [['start']], [['doctor']], [['access', 'list']]])('answers a missing env file with 78: %j', async (command) => {
    const { code, err } = await run(...command, '--env-file', join(folder, 'gone.env'));
    expect(code).toBe(78);
    expect(err).toContain('gone.env cannot be read (ENOENT)');
  });

  it('answers an env file with a slip with 78 and the line', async () => {
    const { code, err } = await run('doctor', '--env-file', envFile('TENANT_ID=acme', 'oops'));
    expect([code, err]).toEqual([78, expect.stringContaining('is not NAME=value in line 2')]);
  });

  it('takes the env file before the command as well as behind it', async () => {
    const path = complete();
    const [before, behind] = [
      await run('--env-file', path, 'secret', 'validate', 'postgresql/db'),
      await run('secret', 'validate', 'postgresql/db', '--env-file', path),
    ];
    expect(before.err).toContain('SECRET_NOT_FOUND');
    expect(before).toEqual(behind);
  });

  it('asks for health and prints the version with options before the command, too', async () => {
    const path = complete('RUNNER_HEALTH_ADDRESS=127.0.0.1:9');
    expect(await run('--env-file', path, 'health')).toMatchObject({ code: 69, out: expect.stringContaining('127.0.0.1:9') });
    expect(await run('version')).toMatchObject({ code: 0, out: expect.stringMatching(/^axiomrunner \S+\n$/) });
  });

  it('lets a variable of the environment win over the file', async () => {
    process.env['RUNNER_LOG_LEVEL'] = 'loud';
    expect((await run('doctor', '--env-file', complete('RUNNER_LOG_LEVEL=info'))).err).toContain('RUNNER_LOG_LEVEL: is "loud"');
  });

  it('answers a task error with 1, its code and the mend', async () => {
    const { code, err } = await run('secret', 'validate', 'postgresql/db', '--env-file', complete());
    expect(code).toBe(1);
    expect(err).toContain('axiomrunner: SECRET_NOT_FOUND: The secret axiom-security/postgresql/db does not exist');
    expect(err).toContain('\n  Create ');
  });

  it('answers a secret store that cannot be reached with 69', async () => {
    Object.assign(process.env, { AWS_ENDPOINT_URL: 'http://127.0.0.1:9', AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'y' });
    const path = envFile(...LEAST, 'SECRETS_STORE_ENGINE=aws-secrets-manager', 'AWS_SECRETS_MANAGER_REGION=us-east-1');
    const { code, err } = await run('secret', 'validate', 'postgresql/db', '--env-file', path);
    expect([code, err]).toEqual([69, expect.stringContaining('SECRET_STORE_UNAVAILABLE')]);
  });

  it('validates a secret and shows nothing of it', async () => {
    const secret = { postgresql_hostname: 'db.example.com', postgresql_username: 'admin', postgresql_password: 'canary-password' };
    putSecret('axiom-security/postgresql/db', JSON.stringify(secret));
    const args = ['secret', 'validate', 'postgresql/db', '--env-file', complete()];
    expect(await run(...args)).toEqual({ code: 0, out: 'axiom-security/postgresql/db is complete and well-formed.\n', err: '' });
    expect(JSON.parse((await run(...args, '--json')).out)).toEqual({ secret: 'axiom-security/postgresql/db', valid: true });
    putSecret('axiom-security/postgresql/db', JSON.stringify({ ...secret, postgresql_hostname: '' }));
    const faulty = await run(...args);
    expect([faulty.code, faulty.out]).toEqual([1, '']);
    expect(faulty.err).toContain('SECRET_MALFORMED');
    expect(faulty.err).not.toContain('canary');
  });

  it('asks for the systems to look into when RUNNER_ALLOWED names none', async () => {
    const { code, err } = await run('access', 'list', '--env-file', complete());
    expect([code, err]).toEqual([64, expect.stringContaining('--system <type>/<id>, or RUNNER_ALLOWED')]);
  });
});
