import { createHash } from 'node:crypto';
import { parseAgentConfig } from '../../../src/agent/config/read-agent-config.js';

const parsed = (text: string) => parseAgentConfig(text, 'agent.yaml');
const digest = (text: string) => createHash('sha256').update(text).digest('hex');

const dynamic = '{ dynamic: { system: postgresql/db, target: { kind: database, path: [shop] }, permission: read } }';
const own = 'dynamic: { tenant_id: acme, runner_group_id: group-1, state_key_secret_id: key }';
const hook = (more = '') => `rotation: { hooks: [{ name: a, secrets: [a]${more} }] }`;

describe('settings that cannot stand together', () => {
  it.each([
    ['listen: { address: off }', 'listen.address', 'is off, and there is no socket'],
    ['listen: { address: localhost }', 'listen.address', 'is "localhost"'],
    ['listen: { address: "localhost:99999" }', 'listen.address', 'is "localhost:99999"'],
    ['listen: { address: "0.0.0.0:8787" }', 'listen.address', 'without TLS'],
    ['listen: { address: "[::]:8787" }', 'listen.address', 'without TLS'],
    ['listen: { address: "127.0.0.1.example.com:8787" }', 'listen.address', 'without TLS'],
    ['listen: { socket: { path: /run/a, application: shop } }', 'listen.socket.application', 'is not under "applications"'],
    ['listen: { socket: { path: /run/a, application: constructor } }', 'listen.socket.application', 'is not under "applications"'],
    [
      'listen: { socket: { path: /run/a, mode: "0666", application: shop } }\napplications: { shop: { allow: [a] } }',
      'listen.socket.mode',
      'lets every user of the host ask without a token',
    ],
    [`applications: { shop: { allow: [a], token_sha256: "${digest('')}" } }`, 'applications.shop.token_sha256', 'empty text'],
    [
      `applications: { shop: { allow: [a], token_sha256: "${digest('x')}" }, mail: { allow: [b], token_sha256: "${digest('x')}" } }`,
      'applications.mail.token_sha256',
      "another application's",
    ],
    [
      'applications: { shop: { allow: [a], token_file: /run/t }, mail: { allow: [b], token_file: /run/t } }',
      'applications.mail.token_file',
      "another application's",
    ],
    [
      'applications: { shop: { allow: [a], token_file: /run/t }, mail: { allow: [b], token_file: /run//./t } }',
      'applications.mail.token_file',
      "another application's",
    ],
    [
      'applications: { shop: { allow: [a], token_file: /run/t, token_file_mode: "0644" } }',
      'applications.shop.token_file_mode',
      'every user',
    ],
    ['vault: { type: aws-secrets-manager, role_arn: "arn:aws:iam::123456789012:role/a" }', 'vault', 'has one of role_arn and external_id'],
    ['vault: { type: aws-secrets-manager, external_id: a }', 'vault', 'has one of role_arn and external_id'],
    ['vault: { type: segura, url: "http://vault.example.com" }', 'vault.url', 'is "http://vault.example.com", unencrypted'],
    [`secrets: { a: ${dynamic} }`, 'secrets.a.dynamic', 'needs the section "dynamic"'],
    [
      `secrets: { a: ${dynamic} }\n${own}\n${hook(', command: { run: [x] }')}`,
      'rotation.hooks.0.secrets',
      'names "a", which is dynamic: each application has its own',
    ],
    [
      `secrets: { a: ${dynamic} }\n${own}\nrotation: { schedules: [{ cron: "@daily", secrets: [a] }] }`,
      'rotation.schedules.0.secrets',
      'names "a", which is dynamic: each application has its own',
    ],
    [`secrets: { a: ${dynamic.replace('{ dynamic', '{ name: b, dynamic')} }\n${own}`, 'secrets.a', 'is dynamic and mapped at once'],
    ['rotation: { events: { queue_url: "http://sqs.example.com/1/a" } }', 'rotation.events.queue_url', 'unencrypted'],
    ['rotation: { schedules: [{ cron: often, secrets: [a] }] }', 'rotation.schedules.0.cron', 'is "often"'],
    ['rotation: { schedules: [{ cron: "61 * * * *", secrets: [a] }] }', 'rotation.schedules.0.cron', 'is "61 * * * *"'],
    ['rotation: { schedules: [{ cron: "* * * * *", timezone: Mars/Base, secrets: [a] }] }', 'rotation.schedules.0.cron', 'in Mars/Base'],
    [hook(), 'rotation.hooks.0', 'does nothing'],
    [
      'rotation: { hooks: [{ name: a, secrets: [a], command: { run: [b] } }, { name: a, secrets: [a], command: { run: [b] } }] }',
      'rotation.hooks.1.name',
      'a second time',
    ],
    ['audit: { max_bytes: 1048576, file_bytes: 1048576 }', 'audit.file_bytes', 'more than half of max_bytes'],
    ['audit: { sinks: [{ type: webhook, url: "http://a.example.com/b" }] }', 'audit.sinks.0.url', 'is "http://a.example.com", unencrypted'],
    ['audit: { sinks: [{ type: syslog, address: a.example.com }] }', 'audit.sinks.0.address', 'is "a.example.com"'],
    ['audit: { sinks: [{ type: syslog, address: "a.example.com:6514", key: /k }] }', 'audit.sinks.0', 'has one of certificate and key'],
  ])('are refused, with their place and what to do: %s', (text, place, found) => {
    let faults: readonly { variable: string; found: string; mend: string }[] = [];
    try {
      parsed(text);
    } catch (error) {
      ({ faults } = error as { faults: typeof faults });
    }
    expect(faults).toEqual([
      {
        variable: expect.stringContaining(`${place} (agent.yaml line `),
        found: expect.stringContaining(found),
        mend: expect.stringMatching(/\.$/),
      },
    ]);
  });

  it.each([
    ['the socket alone', 'listen: { address: off, socket: { path: /run/a } }'],
    ['a free port', 'listen: { address: "127.0.0.1:0" }'],
    ['IPv6 loopback', 'listen: { address: "[::1]:8787" }'],
    ['an address that others reach, with TLS', 'listen: { address: "0.0.0.0:8787", tls: { certificate: /c, key: /k } }'],
    [
      'a socket for a group',
      'listen: { socket: { path: /run/a, mode: "0660", group: shop, application: shop } }\napplications: { shop: { allow: [a] } }',
    ],
    ['a socket for all, with tokens', 'listen: { socket: { path: /run/a, mode: "0666" } }'],
    ['a role and its external id', 'vault: { type: aws-secrets-manager, role_arn: "arn:aws:iam::123456789012:role/a", external_id: b }'],
    ['a vault of this host', 'vault: { type: segura, url: "http://127.0.0.1:8080" }'],
    ['a vault of this host by IPv6', 'vault: { type: segura, url: "http://[::1]:8080" }'],
    ['a dynamic secret', `secrets: { a: ${dynamic} }\n${own}`],
    ['a schedule', 'rotation: { schedules: [{ cron: "0 3 * * MON", timezone: Europe/Berlin, secrets: ["prod/*"] }] }'],
    [
      'a hook that does everything',
      hook(
        ', signal: { pid_file: /p }, unit: { name: shop.service }, command: { run: [a, b] }, file: { path: /f, template: "{{password}}" }',
      ),
    ],
    ['two files of the trail', 'audit: { max_bytes: 1048576, file_bytes: 524288 }'],
  ])('are not %s', (_, text) => {
    expect(() => parsed(text)).not.toThrow();
  });
});
