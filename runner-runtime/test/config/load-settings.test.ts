import { rootCertificates } from 'node:tls';
import { describe, expect, it } from '@jest/globals';
import { ENVIRONMENT } from '../../../contract/environment.js';
import { loadSettings } from '../../src/config/load-settings.js';
import { SettingsError } from '../../src/config/settings.js';

const NO_FILES = (path: string): string => {
  throw Object.assign(new Error(path), { code: 'ENOENT' });
};
const LEAST = { TENANT_ID: 'acme', RUNNER_GROUP_ID: 'group-1', RUNNER_API_KEY: 'canary-key' };
const settings = (more: Record<string, string> = {}, readFile = NO_FILES) => loadSettings({ ...LEAST, ...more }, readFile);

const base64 = (text: string) => Buffer.from(text).toString('base64');

function faults(environment: Record<string, string>, readFile = NO_FILES): Record<string, string> {
  try {
    loadSettings(environment, readFile);
  } catch (error) {
    if (error instanceof SettingsError) return Object.fromEntries(error.faults.map((fault) => [fault.variable, fault.found]));
    throw error;
  }
  return {};
}

describe('settings', () => {
  it('need three variables, and take the published defaults for the rest', () => {
    expect(settings()).toMatchObject({
      namespace: 'acme',
      taskQueue: 'group-1',
      apiKey: { value: 'canary-key' },
      secretStore: { engine: 'aws-secrets-manager', region: undefined, proxyRole: undefined },
      results: { taskQueue: 'AxiomWorkflowResultHandlerTaskQueue', activityName: 'HandleWorkflowResult' },
      controlPlane: { address: 'axiomactions.axiom.security:443' },
      maxDurationSeconds: 30 * 86_400,
      maxConcurrentTasks: 50,
      logLevel: 'info',
      health: { host: '127.0.0.1', port: 8786 },
    });
  });

  it('use a default from the contract for every variable that has one', () => {
    const rendered = Object.fromEntries(
      ENVIRONMENT.flatMap(({ name, defaultValue }) => (defaultValue === undefined ? [] : [[name, defaultValue]])),
    );
    expect(settings(rendered)).toEqual(settings());
  });

  it('report every fault in one message', () => {
    const found = faults({
      RUNNER_MAX_DURATION: '1 year',
      RUNNER_MAX_CONCURRENT_TASKS: '0',
      AXIOM_ACTIONS_ADDRESS_AND_PORT: 'https://x',
      AWS_SECRETS_MANAGER_ROLE_ARN: 'arn:aws:iam::111122223333:role/Axiom-Security-Role',
    });
    expect(Object.keys(found).sort()).toEqual([
      'AWS_SECRETS_MANAGER_ROLE_EXTERNAL_ID',
      'AXIOM_ACTIONS_ADDRESS_AND_PORT',
      'RUNNER_API_KEY',
      'RUNNER_GROUP_ID',
      'RUNNER_MAX_CONCURRENT_TASKS',
      'RUNNER_MAX_DURATION',
      'TENANT_ID',
    ]);
  });

  it.each(['YOUR_TENANT_ID', 'your-tenant-id', '$TENANT_ID'])('count the placeholder %s as missing', (placeholder) => {
    expect(faults({ ...LEAST, TENANT_ID: placeholder })).toEqual({ TENANT_ID: `still holds the placeholder ${placeholder}` });
  });

  it('never show a secret', () => {
    const message = (() => {
      try {
        settings({ RUNNER_API_KEY_SECRET_ID: 'key', RUNNER_LOG_LEVEL: 'loud' });
      } catch (error) {
        return String(error);
      }
      return '';
    })();
    expect(message).toContain('RUNNER_LOG_LEVEL');
    expect(message).not.toContain('canary-key');
  });

  it('refuse plain text to anything but a loopback address', () => {
    expect(faults({ ...LEAST, AXIOM_TLS: 'off' })).toEqual({ AXIOM_TLS: 'is off for axiomactions.axiom.security' });
    expect(settings({ AXIOM_TLS: 'off', AXIOM_ACTIONS_ADDRESS_AND_PORT: '127.0.0.1:7233' }).controlPlane.tls).toBe(false);
  });

  it('let health listen on loopback only, or not at all', () => {
    expect(Object.keys(faults({ ...LEAST, RUNNER_HEALTH_ADDRESS: '0.0.0.0:8786' }))).toEqual(['RUNNER_HEALTH_ADDRESS']);
    expect(settings({ RUNNER_HEALTH_ADDRESS: 'off' }).health).toBeUndefined();
  });

  it('refuse a private key where a public one belongs', () => {
    expect(Object.keys(faults({ ...LEAST, AXIOM_TASK_VERIFICATION_KEY: '{"kty":"OKP","crv":"Ed25519","x":"a","d":"b"}' }))).toEqual([
      'AXIOM_TASK_VERIFICATION_KEY',
    ]);
  });

  it('read keys from a file as well', () => {
    const file = (path: string) => (path === 'keys.json' ? '{"keys":[{"kty":"OKP","crv":"Ed25519","x":"a"}]}' : NO_FILES(path));
    expect(settings({ AXIOM_TASK_VERIFICATION_KEY_FILE: 'keys.json' }, file).verificationKeys?.keys).toHaveLength(1);
    expect(faults({ ...LEAST, AXIOM_TASK_VERIFICATION_KEY_FILE: 'gone.json' })).toEqual({
      AXIOM_TASK_VERIFICATION_KEY_FILE: 'names gone.json, which cannot be read (ENOENT)',
    });
  });

  it('take policies from a variable or from a file, not from both', () => {
    const text = 'permit(principal, action, resource);';
    const file = (path: string) => (path === 'rules.cedar' ? '' : NO_FILES(path));
    expect(settings().policies).toBeUndefined();
    expect(settings({ RUNNER_POLICY: text }).policies).toEqual({ text, variable: 'RUNNER_POLICY' });
    expect(settings({ RUNNER_POLICY: base64(text) }).policies).toEqual({ text, variable: 'RUNNER_POLICY' });
    expect(settings({ RUNNER_POLICY_FILE: 'rules.cedar' }, file).policies).toEqual({ text: '', variable: 'RUNNER_POLICY_FILE' });
    expect(faults({ ...LEAST, RUNNER_POLICY: text, RUNNER_POLICY_FILE: 'rules.cedar' }, file)).toEqual({
      RUNNER_POLICY: 'is set together with RUNNER_POLICY_FILE',
    });
  });

  it('join the further CAs of a file and of a variable', () => {
    const [first = '', second = ''] = rootCertificates;
    const file = () => first;
    expect(settings().network.extraCa).toBeUndefined();
    expect(settings({ RUNNER_CA_CERTIFICATES: second }).network.extraCa).toBe(second);
    expect(settings({ NODE_EXTRA_CA_CERTS: 'ca.pem' }, file).network.extraCa).toBe(first);
    expect(settings({ NODE_EXTRA_CA_CERTS: 'ca.pem', RUNNER_CA_CERTIFICATES: base64(second) }, file).network.extraCa).toBe(
      `${first}\n${second}`,
    );
  });

  it.each([
    ['RUNNER_POLICY', 'is neither the text of Cedar policies nor its base64'],
    ['RUNNER_CA_CERTIFICATES', 'is neither PEM text of certificates nor its base64'],
  ])('never show what a malformed %s holds', (name, found) => {
    for (const value of ['canary', base64('canary')]) expect(faults({ ...LEAST, [name]: value })).toEqual({ [name]: found });
  });

  it('read the list of allowed systems, with ports and permissions', () => {
    expect(settings({ RUNNER_ALLOWED: 'postgresql/db:5433, k8s/c.example.com:6443:view ,mysql/a' }).allowed).toEqual([
      { system: 'postgresql/db:5433', permission: undefined },
      { system: 'k8s/c.example.com:6443', permission: 'view' },
      { system: 'mysql/a', permission: undefined },
    ]);
    expect(Object.keys(faults({ ...LEAST, RUNNER_ALLOWED: 'nonsense' }))).toEqual(['RUNNER_ALLOWED']);
    expect(faults({ ...LEAST, RUNNER_ALLOWED: 'mysql/a,postgres/db' })).toEqual({ RUNNER_ALLOWED: 'holds "postgres/db"' });
  });
});
