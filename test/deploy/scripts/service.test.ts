import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { STOP_TIMEOUT_SECONDS } from '../../../contract/tasks';
import { type Sandbox, SCRIPT_NAMES, sandbox } from './support/script-run';

const KEY = 'a-key-that-nobody-may-see';
const GIVEN = ['--tenantid', 'acme', '--runnergroupid', 'rg-1', '--apikey-file', '-'];
const UNIT = 'axiom-runner.service';
const DAEMON = Number(spawnSync('id', ['-u', 'daemon'], { encoding: 'utf8' }).stdout);
const asRoot = process.getuid?.() === 0;

const systemdAnalyze = spawnSync('systemd-analyze', ['--version']).status === 0;

describe.each(SCRIPT_NAMES)('the service of %s', (script) => {
  let box: Sandbox;
  beforeEach(() => {
    box = sandbox(script);
    // Recorded in place of the real ones, so that the tests need no root and leave no user behind.
    box.program('id', '[ "$1" = -gn ] && echo daemon || echo 0');
    if (!asRoot) box.program('chown');
    if (!asRoot) box.program('runuser', 'shift 3; exec "$@"');
  });
  afterEach(() => box.dispose());

  const register = (...more: string[]) => box.run(['register', '--no-wait', ...GIVEN, ...more], KEY);
  const systemctl = () => box.calls().filter((call) => call.startsWith('systemctl ') && !call.includes('is-active'));

  it('is enabled and started by register', () => {
    expect(register()).toMatchObject({ code: 0 });
    expect(systemctl()).toEqual(['systemctl daemon-reload', 'systemctl enable --quiet axiom-runner', 'systemctl restart axiom-runner']);
    expect(statSync(join(box.path, UNIT)).mode & 0o777).toBe(0o644);
  });

  it('has no key in its unit, nor in any program that is run', () => {
    register();
    expect(box.read('.env')).toContain(KEY);
    expect(box.read(UNIT)).not.toContain(KEY);
    expect(box.calls().join('\n')).not.toContain(KEY);
  });

  it('is restarted always, but not with wrong settings', () => {
    register();
    const unit = box.read(UNIT).split('\n');
    expect(unit).toEqual(expect.arrayContaining(['Restart=always', 'RestartPreventExitStatus=78', 'WantedBy=multi-user.target']));
  });

  (systemdAnalyze ? it : it.skip)('has a unit that systemd understands', () => {
    register();
    const { stdout, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', join(box.path, UNIT)], { encoding: 'utf8' });
    const ours = (stdout + stderr).split('\n').filter((line) => line.includes('axiom-runner') && !/docker\.service/.test(line));
    expect(ours).toEqual([]);
  });

  it('takes over the settings of a second register, and leaves the rest of .env alone', () => {
    register();
    expect(box.run(['register', '--no-wait', '--env', 'RUNNER_LOG_LEVEL=debug'])).toMatchObject({ code: 0 });
    expect(box.read('.env')).toMatch(/^TENANT_ID=acme\n[\s\S]*RUNNER_LOG_LEVEL=debug\n$/);
    expect(systemctl().filter((call) => call === 'systemctl restart axiom-runner')).toHaveLength(2);
  });

  it('is removed by deregister, which leaves .env and says so', () => {
    register();
    const before = systemctl().length;
    const { code, output } = box.run(['deregister']);
    expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining(`${box.path}/.env stays`) });
    expect(systemctl().slice(before)).toEqual([
      'systemctl disable --quiet axiom-runner',
      'systemctl stop axiom-runner',
      'systemctl daemon-reload',
      'systemctl reset-failed axiom-runner',
    ]);
    expect([box.has(UNIT), box.has('.env')]).toEqual([false, true]);
    expect(box.run(['deregister'])).toEqual({ code: 0, output: 'axiom-runner is not registered.\n' });
  });

  it('keeps its unit when systemd does not stop it', () => {
    register();
    box.program('systemctl', '[ "$1" != stop ]');
    expect(box.run(['deregister'])).toEqual({ code: 1, output: expect.stringContaining('its unit stays') });
    expect(box.has(UNIT)).toBe(true);
  });

  it('is an error for register when systemd does not start it', () => {
    box.program('systemctl', '[ "$1" != restart ]');
    expect(register()).toEqual({ code: 1, output: expect.stringContaining('systemd does not start axiom-runner') });
  });

  it('is stopped by stop, and its log is the journal', () => {
    register();
    expect(box.run(['stop'])).toEqual({ code: 0, output: expect.stringContaining('until the next boot') });
    expect(systemctl()).toContain('systemctl stop axiom-runner');
    box.run(['logs', '--lines', '5']);
    expect(box.calls()).toContain('journalctl --unit axiom-runner --output cat --lines 5 --no-pager');
  });

  it('is not started a second time by start', () => {
    register();
    expect(box.run(['start'])).toMatchObject({ code: 0, output: expect.stringContaining('is already running') });
    expect(box.run(['start', '--tenantid', 'other'])).toEqual({ code: 1, output: expect.stringContaining('nothing was changed') });
  });

  it('needs root', () => {
    box.program('id', 'echo 1000');
    for (const verb of ['register', 'deregister'])
      expect(box.run([verb])).toEqual({ code: 1, output: expect.stringMatching(/needs root\.\n {2}sudo /) });
  });
});

describe('the service of the binary', () => {
  let box: Sandbox;
  beforeEach(() => {
    box = sandbox('binary');
    if (!asRoot) {
      box.program('id', '[ "$1" = -gn ] && echo daemon || echo 0');
      box.program('chown');
    }
  });
  afterEach(() => box.dispose());

  it('runs the executable with the file as its argument, as another user than root', () => {
    if (!asRoot) box.program('runuser', 'shift 3; exec "$@"');
    expect(box.run(['register', '--no-wait', ...GIVEN], KEY)).toMatchObject({ code: 0 });
    const unit = box.read(UNIT).split('\n');
    expect(unit).toEqual(
      expect.arrayContaining([
        'User=daemon',
        `ExecStart=${box.path}/axiomrunner --env-file ${box.path}/.env`,
        `TimeoutStopSec=${STOP_TIMEOUT_SECONDS}`,
        'LimitCORE=0',
        'NoNewPrivileges=yes',
        'ProtectSystem=strict',
        'PrivateTmp=yes',
      ]),
    );
    expect(unit.join('\n')).not.toContain('EnvironmentFile');
  });

  (systemdAnalyze ? it : it.skip)('is exposed as little as a program with a network can be', () => {
    if (!asRoot) box.program('runuser', 'shift 3; exec "$@"');
    box.run(['register', '--no-wait', ...GIVEN], KEY);
    // Of 100; what is left is the network, the user's own identity and executable memory.
    const args = ['security', '--offline=true', '--threshold=20', join(box.path, UNIT)];
    const { status, stdout } = spawnSync('systemd-analyze', args, { encoding: 'utf8' });
    expect({ status, verdict: stdout.split('\n').at(-2) }).toEqual({ status: 0, verdict: expect.stringContaining('OK') });
  });

  (asRoot ? it : it.skip)('gives .env to that user and to nobody else', () => {
    box.run(['register', '--no-wait', ...GIVEN], KEY);
    const { uid, mode } = statSync(join(box.path, '.env'));
    expect([uid, mode & 0o777]).toEqual([DAEMON, 0o600]);
  });

  it('is refused in a folder that its user cannot enter, with the way to mend it', () => {
    box.program('runuser', 'exit 1');
    const { code, output } = box.run(['register', ...GIVEN], KEY);
    expect({ code, output }).toEqual({ code: 78, output: expect.stringContaining(`sudo mv ${box.path} /opt/axiom-runner`) });
    expect(box.has(UNIT)).toBe(false);
  });

  it('makes the user that is missing, without home and login', () => {
    box.program('id', '[ "$1 $2" = "-u daemon" ] && exit 1; [ "$1" = -gn ] && echo daemon || echo 0');
    box.program('useradd');
    if (!asRoot) box.program('runuser', 'shift 3; exec "$@"');
    box.run(['register', '--no-wait', ...GIVEN], KEY);
    const call = box.calls().find((line) => line.startsWith('useradd'));
    expect(call).toBe('useradd --system --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin daemon');
  });

  it('is ready when health says so, and its end is reported', () => {
    if (!asRoot) box.program('runuser', 'shift 3; exec "$@"');
    expect(box.run(['register', ...GIVEN], KEY)).toEqual({ code: 0, output: 'axiom-runner is registered, and ready.\n' });
    box.program('systemctl', '[ "$1" != is-active ] || echo failed; [ "$1" != show ] || echo 78');
    expect(box.run(['register'])).toEqual({ code: 78, output: expect.stringContaining('its settings are wrong') });
    box.program('systemctl', '[ "$1" != is-active ] || echo activating');
    expect(box.run(['register'])).toEqual({ code: 69, output: expect.stringContaining('goes on trying') });
  });
});
