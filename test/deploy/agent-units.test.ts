import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_AGENT_CONFIG, DEFAULT_AGENT_SOCKET } from '../../contract/agent';
import { sandbox } from '../../contract/systemd';
import { expectRendered } from '../support/rendered';

const FOLDER = join(__dirname, '../../deploy/binary');
const NAMES = ['axiomrunner-agent.service', 'axiomrunner-agent.socket', 'axiomrunner-agent.sysusers'];
const read = (name: string) => readFileSync(join(FOLDER, name), 'utf8');
const [service = '', socket = '', users = ''] = NAMES.map(read);
const lines = (text: string) => text.split('\n').filter((line) => !/^(#|$)/.test(line));

it.each(NAMES)(
  '%s is rendered from the contract as it is now; else run: npm run render',
  (name) => {
    expectRendered('tools/render/agent-units.mjs', join('deploy/binary', name), join('binary', name));
  },
  60_000,
);

describe('the service', () => {
  it('runs the agent with its configuration, as a user of its own', () => {
    expect(lines(service)).toEqual(
      expect.arrayContaining(['User=axiomrunner', `ExecStart=/usr/local/bin/axiomrunner agent --config ${DEFAULT_AGENT_CONFIG}`]),
    );
    expect(users).toMatch(/^u axiomrunner - /m);
  });

  it('is held in by all that holds in a runner', () => {
    expect(lines(service)).toEqual(expect.arrayContaining(sandbox('yes')));
  });

  it('keeps memory, which holds secrets, out of core files and swap', () => {
    expect(lines(service)).toEqual(expect.arrayContaining(['LimitCORE=0', 'MemorySwapMax=0']));
  });

  it('lets the engine compile, which needs memory that is written and executed', () => {
    expect(service).not.toContain('MemoryDenyWriteExecute');
  });

  it('keeps its state to itself, and the socket out of folders that go with it', () => {
    expect(lines(service)).toEqual(
      expect.arrayContaining(['StateDirectory=axiomrunner', 'StateDirectoryMode=0700', 'RuntimeDirectory=axiomrunner-agent']),
    );
    expect(DEFAULT_AGENT_SOCKET).not.toMatch(/^\/run\/axiomrunner-agent\//);
  });

  it('is started again always, but not with wrong settings', () => {
    expect(lines(service)).toEqual(expect.arrayContaining(['Restart=always', 'RestartPreventExitStatus=78']));
  });
});

it('the socket is for the members of a group', () => {
  expect(lines(socket)).toEqual(
    expect.arrayContaining([`ListenStream=${DEFAULT_AGENT_SOCKET}`, 'SocketMode=0660', 'SocketGroup=axiomrunner-clients']),
  );
  expect(users).toMatch(/^g axiomrunner-clients -$/m);
});

it('both loopbacks are served, and no other address', () => {
  const streams = lines(socket).filter((line) => line.startsWith('ListenStream=') && !line.includes('/'));
  expect(streams).toEqual(['ListenStream=127.0.0.1:8787', 'ListenStream=[::1]:8787']);
});

const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0;

(hasSystemd ? describe : describe.skip)('to systemd', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'axiom-units-'));
    // The program need not be installed to look at the unit.
    writeFileSync(join(folder, 'axiomrunner-agent.service'), service.replace('/usr/local/bin/axiomrunner', '/bin/true'));
    writeFileSync(join(folder, 'axiomrunner-agent.socket'), socket);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const analyze = (...args: string[]) => spawnSync('systemd-analyze', args, { cwd: folder, encoding: 'utf8' });

  it('both units are without fault', () => {
    const { stdout, stderr } = analyze('verify', '--man=no', './axiomrunner-agent.socket', './axiomrunner-agent.service');
    expect((stdout + stderr).split('\n').filter((line) => line.includes('axiomrunner'))).toEqual([]);
  });

  it('the service is exposed as little as a program with a network can be', () => {
    // Of 100; what is left is the network, the user's own identity and executable memory.
    const { status, stdout } = analyze('security', '--offline=true', '--threshold=20', './axiomrunner-agent.service');
    expect({ status, verdict: stdout.split('\n').at(-2) }).toEqual({ status: 0, verdict: expect.stringContaining('OK') });
  });

  it('the check of faults can fail', () => {
    writeFileSync(join(folder, 'axiomrunner-wrong.service'), '[Service]\nExecStart=/bin/true\nNoNewPrivilege=yes\n');
    expect(analyze('verify', '--man=no', './axiomrunner-wrong.service').stderr).toContain('NoNewPrivilege');
  });
});
