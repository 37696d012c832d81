import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { parseAgentConfig, readAgentConfig, stateFolder } from '../../../src/agent/config/read-agent-config.js';
import { SettingsError } from '../../../src/config/settings.js';

/** The message about a configuration that is refused. */
function refusal(text: string): string {
  try {
    parseAgentConfig(text, 'agent.yaml');
  } catch (error) {
    if (error instanceof SettingsError) return error.faults.map(({ variable, found, mend }) => `${variable}: ${found}. ${mend}`).join('\n');
    throw error;
  }
  throw new Error(`accepted: ${text}`);
}
const accepted = (text: string) => parseAgentConfig(text, 'agent.yaml');

describe('an agent without a configuration', () => {
  it.each([['{}'], [''], ['# nothing yet\n'], ['cache: {}\nvault: { type: aws-secrets-manager }\n']])('has all defaults: %j', (text) => {
    expect(accepted(text)).toEqual({
      listen: { address: 'localhost:8787' },
      cache: { enabled: true, ttl: 300, max_entries: 10_000, max_bytes: 67_108_864, negative_ttl: 5, stale_if_error: 0 },
      limits: { connections: 512, wrong_tokens_per_second: 20, vault_requests: 16, vault_timeout: 15 },
      vault: { type: 'aws-secrets-manager', prefix: '', describe: true },
      secrets: {},
      applications: {},
      identity: {},
      rotation: { schedules: [], hooks: [] },
      audit: { max_bytes: 268_435_456, file_bytes: 16_777_216, sinks: [] },
      log_level: 'info',
    });
  });
});

describe("the published guide's cache", () => {
  it('is read as it stands there', () => {
    expect(accepted('cache:\n  enabled: true\n  ttl: 300 # seconds\n').cache).toMatchObject({ enabled: true, ttl: 300 });
  });

  it('is refused without its indentation, with the lines', () => {
    const message = refusal('cache:\nenabled: true\nttl: 300 # seconds\n');
    for (const place of ['cache (agent.yaml line 1)', 'enabled (agent.yaml line 2)', 'ttl (agent.yaml line 3)'])
      expect(message).toContain(place);
  });

  it.each([
    ['0', 'is 0'],
    ['-1', 'is -1'],
    ['1.5', 'is 1.5'],
    ['86401', 'is 86401'],
    ['"300"', 'is "300"'],
    ['5m', 'is "5m"'],
    ['', 'is null'],
    ['.inf', 'is Infinity'],
    ['.nan', 'is NaN'],
    ['[300]', 'is a list'],
    ['true', 'is true'],
  ])('takes no ttl of %s', (ttl, found) => {
    expect(refusal(`cache:\n  enabled: true\n  ttl: ${ttl}\n`)).toBe(
      `cache.ttl (agent.yaml line 3): ${found}. Allowed: a whole number of seconds, 1 to 86400.`,
    );
  });

  it('takes no word for a truth but true and false', () => {
    expect(refusal('cache: { enabled: yes }')).toBe('cache.enabled (agent.yaml line 1): is "yes". Allowed: true or false.');
  });
});

describe('a fault', () => {
  it.each([
    ['cache: 5', 'cache (agent.yaml line 1): is 5. Allowed: a mapping, name: value on each line.'],
    ['- a', 'the whole (agent.yaml line 1): is a list. Allowed: a mapping'],
    ['log_level: loud', 'log_level (agent.yaml line 1): is "loud". Allowed: trace, debug, info, warn or error.'],
    ['vault: { type: vaultly }', 'vault.type (agent.yaml line 1): is "vaultly". Allowed: aws-secrets-manager or segura.'],
    ['vault: {}', 'vault.type (agent.yaml line 1): is missing. Allowed: aws-secrets-manager or segura.'],
    ['audit: { sinks: [{ type: file }] }', 'audit.sinks.0.type (agent.yaml line 1): is "file". Allowed: cloudwatch, syslog or webhook.'],
    ['secrets:\n  a//b: {}', 'secrets.a//b (agent.yaml line 2): is no name that is accepted. Allowed: a secret id'],
    [
      'applications:\n  "my shop": { allow: [] }',
      'applications.my shop (agent.yaml line 2): is no name that is accepted. Allowed: a name of 1 to 63',
    ],
    ['applications: { shop: {} }', 'applications.shop.allow (agent.yaml line 1): is missing. Allowed: a list of secret ids.'],
    [
      'applications: { shop: { allow: [prod*] } }',
      'applications.shop.allow.0 (agent.yaml line 1): is "prod*". Allowed: a secret id, or one that ends in /*',
    ],
    [
      'listen: { socket: { path: /run/a, mode: 0660 } }',
      'listen.socket.mode (agent.yaml line 1): is 660. Allowed: an octal mode in quotes',
    ],
    ['listen: { socket: { path: "a\\0b" } }', 'Allowed: the path of a file.'],
    [
      'secrets: { a: { dynamic: { system: a, target: { kind: b, path: [c] }, permission: d } } }',
      'Allowed: <type>/<id>, such as postgresql/db.example.com.',
    ],
    [
      'secrets: { a: { dynamic: { system: a/b, target: { kind: b, path: [c] }, permission: d, lease: soon } } }',
      'secrets.a.dynamic.lease (agent.yaml line 1): is "soon". Allowed: a duration',
    ],
    [
      'rotation: { hooks: [{ name: a, secrets: [a], signal: { pid_file: /a, name: SIGKILL } }] }',
      'Allowed: SIGHUP, SIGUSR1, SIGUSR2 or SIGTERM.',
    ],
    ['rotation: { hooks: [{ name: a, secrets: [a], file: { path: /a, template: b, owner: root } }] }', 'is "root". Allowed: a number.'],
  ])('is told with its place, what was found and what is allowed: %s', (text, message) => {
    expect(refusal(text)).toContain(message);
  });

  it('in one setting hides none in another', () => {
    const message = refusal('cache:\n  ttl: 0\nlimits:\n  connections: none\nlog_level: loud\nfrobnicate: 1\n');
    for (const place of [
      'cache.ttl (agent.yaml line 2)',
      'limits.connections (agent.yaml line 4)',
      'log_level (agent.yaml line 5)',
      'frobnicate',
    ]) {
      expect(message).toContain(place);
    }
  });

  it.each([
    ['cache: { TTL: 300 }', 'cache.TTL (agent.yaml line 1): is no setting. There are here: enabled, ttl, max_entries,'],
    ['audit: { sinks: [{ type: webhook, url: "https://a.example.com", token: x }] }', 'There are here: type, url, token_file, ca. docs/'],
    ['vault: { type: segura, url: "https://a.example.com", region: x }', 'There are here: type, url, api, paths, ca. docs/'],
    ['secrets: { a: { user: x } }', 'There are here: name, username, username_field, password_field, expires_field, dynamic. docs/'],
    ['toString: 1\nconstructor: 2', 'constructor (agent.yaml line 2): is no setting'],
  ])('of an unknown name lists the names that there are: %s', (text, message) => {
    expect(refusal(text)).toContain(message);
  });

  it.each([
    ['a token in place of its digest', 'applications: { shop: { allow: [], token_sha256: canary } }'],
    ['a password in an address', 'vault: { type: segura, url: "https://user:canary@vault.example.com" }'],
    ['the path of a webhook', 'audit: { sinks: [{ type: webhook, url: "http://hooks.example.com/canary" }] }'],
    ['a long text', `vault: { type: segura, api: ${'canary'.repeat(20)}, url: "https://a.example.com" }`],
  ])('does not show %s', (_, text) => {
    expect(refusal(text)).not.toContain('canary');
  });

  it('shows nothing that a terminal would obey', () => {
    const message = refusal('"a\\e[2J\\n\\u202E": 1\nlog_level: "\\e[2J\\u009b"\n');
    expect(message).toContain('a·[2J··');
    expect(message.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });
});

describe('YAML that could mean something else', () => {
  it.each([
    ['an alias', 'a: &x 1\nb: *x', 'uses aliases'],
    ['an alias of nothing', 'cache: *x', 'uses aliases'],
    ['many aliases', `a: &a [x, x]\n${'bcdefghij'.replace(/./g, (name) => `${name}: &${name} [*a, *a]\n`)}`, 'uses aliases'],
    ['a name twice', 'cache: {}\ncache: {}', 'line 2: is no YAML (DUPLICATE_KEY)'],
    ['two documents', '{}\n---\n{}', '(MULTIPLE_DOCS)'],
    ['a list for a name', '? [a]\n: 1', '(NON_STRING_KEY)'],
    ['a tag that nobody knows', 'log_level: !secret info', '(TAG_RESOLVE_FAILED)'],
    ['a brace that stays open', 'cache: {', 'is no YAML'],
    ['a tab for indentation', 'cache:\n\tttl: 1', 'is no YAML'],
    ['the name of all prototypes', 'secrets:\n  __proto__: { name: other }', '__proto__ (agent.yaml line 2): is no name that is accepted'],
    ['a merge', '<<: { log_level: debug }', '<< (agent.yaml line 1): is no setting'],
  ])('is refused: %s', (_, text, message) => {
    expect(refusal(text)).toContain(message);
  });

  it('has no settings that stand in a prototype only', () => {
    const { secrets, applications } = accepted('secrets: { a: }\napplications: { constructor: { allow: [a] } }');
    expect([secrets['constructor'], secrets['toString'], applications['toString']]).toEqual([undefined, undefined, undefined]);
    expect([secrets['a'], applications['constructor']?.allow]).toEqual([{}, ['a']]);
  });

  const only = (text: string) => {
    try {
      parseAgentConfig(text, 'agent.yaml');
    } catch (error) {
      expect(error).toBeInstanceOf(SettingsError);
    }
  };

  it('of any kind gives settings or a settings error, never anything else', () => {
    const word = fc.constantFrom(
      'cache',
      'ttl',
      'vault',
      'type',
      'segura',
      'secrets',
      'a',
      ': ',
      ':\n  ',
      '\n',
      '- ',
      '[',
      ']',
      '{',
      '}',
      '"',
      "'",
      '&x ',
      '*x',
      '!!',
      '%YAML 1.1\n---\n',
      '|',
      '>',
      '#',
      '? ',
      '~',
      '0x1',
      '__proto__',
      '<<',
      '\t',
      ',',
      'é',
      '\u0000',
    );
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 60 }), only), { numRuns: 300 });
    fc.assert(
      fc.property(fc.array(word, { maxLength: 30 }), (words) => only(words.join(''))),
      { numRuns: 1_000 },
    );
  });

  it('of any JSON gives settings or a settings error, never anything else', () => {
    const name = fc.constantFrom(
      'listen',
      'cache',
      'vault',
      'secrets',
      'applications',
      'rotation',
      'audit',
      'hooks',
      'sinks',
      'type',
      'allow',
      'a',
      '__proto__',
      'constructor',
    );
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { depthSize: 'small' },
        fc.jsonValue({ maxDepth: 1 }),
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(name, tie('tree'), { maxKeys: 4 }),
      ),
    }));
    fc.assert(
      fc.property(tree, (value) => only(JSON.stringify(value))),
      { numRuns: 500 },
    );
    fc.assert(
      fc.property(fc.dictionary(name, tree, { maxKeys: 4 }), (value) => only(JSON.stringify(value))),
      { numRuns: 500 },
    );
  });
});

describe('the source of a configuration', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'axiom-test-config-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const file = (text: string, mode = 0o640) => {
    const path = join(folder, 'agent.yaml');
    writeFileSync(path, text);
    chmodSync(path, mode);
    return path;
  };
  const level = async (...args: Parameters<typeof readAgentConfig>) => (await readAgentConfig(...args)).log_level;

  it('is the named file, the text of the environment, the file of the environment, in this order', async () => {
    const named = file('log_level: warn');
    const text = { AXIOMRUNNER_AGENT_CONFIG_TEXT: 'log_level: debug' };
    expect(await level(named, text)).toBe('warn');
    expect(await level(undefined, { ...text, AXIOMRUNNER_AGENT_CONFIG: named })).toBe('debug');
    expect(await level(undefined, { AXIOMRUNNER_AGENT_CONFIG: named })).toBe('warn');
  });

  it('may be base64, wrapped or not, and nothing else', async () => {
    const base64 = Buffer.from('log_level: error\ncache: { ttl: 60 }\n').toString('base64');
    expect(await level(undefined, { AXIOMRUNNER_AGENT_CONFIG_TEXT: base64 })).toBe('error');
    expect(await level(undefined, { AXIOMRUNNER_AGENT_CONFIG_TEXT: base64.replace(/(.{20})/g, '$1\n') })).toBe('error');
    await expect(level(undefined, { AXIOMRUNNER_AGENT_CONFIG_TEXT: 'bm90aGluZw' })).rejects.toThrow('neither YAML nor its base64');
    await expect(level(undefined, { AXIOMRUNNER_AGENT_CONFIG_TEXT: 'log_level: loud' })).rejects.toThrow(
      'AXIOMRUNNER_AGENT_CONFIG_TEXT line 1',
    );
  });

  it.each([0o600, 0o400, 0o640, 0o440])('may have the mode %o', async (mode) => {
    expect(await level(file('log_level: warn', mode))).toBe('warn');
  });

  it.each([
    [0o644, '640'],
    [0o660, '640'],
    [0o602, '600'],
    [0o604, '600'],
    [0o777, '750'],
  ])('may not have the mode %o: it names what the host holds, and who writes it decides', async (mode, mended) => {
    const path = file('log_level: warn', mode);
    await expect(level(path)).rejects.toMatchObject({
      name: 'SettingsError',
      faults: [{ variable: path, found: 'is refused (open to others)', mend: `chmod ${mended} '${path}'` }],
    });
  });

  it('may not be a link, which somebody may turn elsewhere', async () => {
    symlinkSync(file('log_level: warn'), join(folder, 'link.yaml'));
    await expect(level(join(folder, 'link.yaml'))).rejects.toThrow('is refused (link)');
  });

  it('may not be of another user', async () => {
    if (process.getuid?.() !== 0) return process.stderr.write('SKIPPED a configuration of another user: only root makes one\n');
    const path = file('log_level: warn');
    chownSync(path, 65_534, 65_534);
    await expect(level(path)).rejects.toThrow('of another user');
    return undefined;
  });

  it.each([['by option'], ['by environment']])('must be there when it is named (%s)', async (way) => {
    const path = join(folder, 'gone.yaml');
    await expect(way === 'by option' ? level(path) : level(undefined, { AXIOMRUNNER_AGENT_CONFIG: path })).rejects.toThrow(
      `${path}: is refused (missing)`,
    );
  });

  it('is not read without end', async () => {
    await expect(level(file('#'.repeat(1_048_577)))).rejects.toThrow('too large');
  });
});

describe('the state folder', () => {
  const none = '/nonexistent/state';
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'axiom-test-state-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is that of the configuration, of the unit, of the user, in this order', () => {
    const environment = { STATE_DIRECTORY: '/var/lib/unit:/var/lib/second', XDG_STATE_HOME: '/home/user/state' };
    expect(stateFolder({ state: '/named' }, environment, none)).toBe('/named');
    expect(stateFolder({}, environment, none)).toBe('/var/lib/unit');
    expect(stateFolder({}, { ...environment, STATE_DIRECTORY: '' }, none)).toBe('/home/user/state/axiomrunner');
    expect(stateFolder({}, {}, none)).toMatch(/\.local\/state\/axiomrunner$/);
  });

  it("is the unit's own for commands of its user, which have nothing of the unit's environment", () => {
    const ofUnit = join(folder, 'of-unit');
    mkdirSync(ofUnit);
    expect(stateFolder({}, {}, ofUnit)).toBe(ofUnit);
  });

  it("is not the unit's for another user, but for root, who is then told whose it is", () => {
    // A folder of root for everybody else, one of somebody else for root.
    const isRoot = process.getuid?.() === 0;
    const ofUnit = isRoot ? join(folder, 'of-unit') : '/usr';
    if (isRoot) {
      mkdirSync(ofUnit);
      chownSync(ofUnit, 65_534, 65_534);
    }
    expect(statSync(ofUnit).uid).not.toBe(process.getuid?.());
    expect(stateFolder({}, { XDG_STATE_HOME: '/home/user/state' }, ofUnit)).toBe(isRoot ? ofUnit : '/home/user/state/axiomrunner');
  });
});
