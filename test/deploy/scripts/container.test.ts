import { PUBLISHED_IMAGE } from '../../../contract/image';
import { STOP_TIMEOUT_SECONDS } from '../../../contract/tasks';
import { type Sandbox, sandbox } from './support/script-run';

const KEY = 'a-key-that-nobody-may-see';
const GIVEN = ['--tenantid', 'acme', '--runnergroupid', 'rg-1', '--apikey-file', '-'];
const OLD = 'sha256:old';

let box: Sandbox;
beforeEach(() => {
  box = sandbox('docker');
});
afterEach(() => box.dispose());

/** A container tool with a container of ours. The file `image` holds what runs; `new` is the image that a pull brings. */
function aContainer({ running = true, healthCheck = true, name = 'registry.example.com/runner:1' } = {}): void {
  box.write('image', OLD);
  box.program(
    'docker',
    `case "$*" in
  *'{{.State.Running}}'*) echo ${running} ;;
  *'{{.State.Status}} {{'*) echo "exited 1" ;;
  *'{{.State.Status}}'*) [ "$(cat '${box.path}/image')" = broken ] && echo exited || echo running ;;
  *'{{.RestartCount}}'*) echo 0 ;;
  *Labels*) echo '${name}' ;;
  *Healthcheck*) echo '${healthCheck ? 'yes' : ''}' ;;
  *'{{.Image}}'*) cat '${box.path}/image' ;;
  'inspect --type image'*) cat '${box.path}/new' ;;
  'run '*) for last; do :; done; case $last in sha256:*) echo "$last" ;; *) cat '${box.path}/new' ;; esac >'${box.path}/image' ;;
esac`,
  );
}

const runs = () => box.calls().filter((call) => call.startsWith('docker run '));

it('runs hardened on the host network, with the settings from the file', () => {
  expect(box.run(['start', '--no-wait', ...GIVEN], KEY)).toMatchObject({ code: 0 });
  expect(runs()).toEqual([
    [
      `docker run --detach --restart unless-stopped --name axiom-runner --label axiom-runner.image=${PUBLISHED_IMAGE}`,
      `--network host --env-file ${box.path}/.env`,
      '--read-only --tmpfs /tmp:rw,exec,nosuid,nodev,size=256m --cap-drop ALL --security-opt no-new-privileges',
      `--ulimit core=0 --stop-timeout ${STOP_TIMEOUT_SECONDS} --log-driver json-file --log-opt max-size=10m ${PUBLISHED_IMAGE}`,
    ].join(' '),
  ]);
  expect(box.calls().join('\n')).not.toContain(KEY);
});

it('makes a container that ended anew, for the next start: a stop between two of its restarts would not hold', () => {
  aContainer({ running: false, name: 'registry.example.com/runner:9' });
  box.write('new', 'broken');
  expect(box.run(['start', ...GIVEN], KEY)).toEqual({ code: 1, output: expect.stringContaining('axiom-runner did not start.') });
  const changes = box.calls().filter((call) => !call.startsWith('docker inspect '));
  const [shown, removed, made] = changes.slice(-3);
  expect([shown, removed]).toEqual(['docker logs --tail 20 axiom-runner', 'docker rm --force --volumes axiom-runner']);
  expect(made).toMatch(/^docker create --restart unless-stopped .* registry\.example\.com\/runner:9$/);
});

it('mounts files that the settings name, at the same path', () => {
  box.write('ca.pem', 'pem');
  box.run(['start', '--no-wait', ...GIVEN, '--env', `AXIOM_TLS_CA_FILE=${box.path}/ca.pem`], KEY);
  expect(runs()[0]).toContain(` --volume ${box.path}/ca.pem:${box.path}/ca.pem:ro `);
  for (const path of ['ca.pem', `${box.path}/missing.pem`, '/tmp/a:b'])
    expect(box.run(['start', '--no-wait', '--env', `AXIOM_TLS_CA_FILE=${path}`])).toMatchObject({ code: 78 });
});

it.each(['export TENANT_ID=acme', 'TENANT_ID="acme"', ' TENANT_ID=acme', 'TENANT_ID = acme', 'TENANT_ID=acme\r', 'TENANT_ID'])(
  'refuses the line %j, which docker reads differently from the runner',
  (line) => {
    box.write('.env', `# comment\n${line}\n`);
    const { code, output } = box.run(['start', '--no-wait', ...GIVEN.slice(2), '--env', 'AWS_X=1'], KEY);
    expect(code).toBe(78);
    if (line !== 'TENANT_ID') expect(output).toContain('line 2 of');
    expect(runs()).toEqual([]);
  },
);

it('leaves a container alone that runs with the same settings, and refuses others', () => {
  box.run(['start', '--no-wait', ...GIVEN], KEY);
  aContainer();
  const before = runs().length;
  expect(box.run(['start'])).toMatchObject({ code: 0, output: expect.stringContaining('already running with these settings') });
  expect(box.run(['start', '--env', 'RUNNER_LOG_LEVEL=debug'])).toMatchObject({ code: 1 });
  expect(box.run(['start', '--image', 'registry.example.com/runner:2'])).toMatchObject({ code: 1 });
  expect(runs()).toHaveLength(before);
});

it('stops in time for running steps', () => {
  aContainer();
  expect(box.run(['stop'])).toEqual({ code: 0, output: 'axiom-runner is stopped.\n' });
  expect(box.calls()).toContain(`docker stop -t ${STOP_TIMEOUT_SECONDS} axiom-runner`);
});

it('says how it is', () => {
  aContainer();
  expect(JSON.parse(box.run(['status', '--json']).output)).toEqual({
    running: true,
    ready: true,
    mode: 'container',
    registered: false,
    image: 'registry.example.com/runner:1',
  });
  aContainer({ healthCheck: false });
  expect(JSON.parse(box.run(['status', '--json']).output)).toMatchObject({ running: true, ready: null });
  aContainer({ running: false });
  expect(box.run(['status'])).toEqual({ code: 69, output: 'axiom-runner is not running.\n' });
});

it('says what to do without a container tool', () => {
  const without = sandbox('docker', { AXIOM_CONTAINER_TOOL: 'no-such-tool' });
  try {
    expect(without.run(['start', ...GIVEN], KEY)).toEqual({ code: 69, output: expect.stringContaining('neither docker nor podman') });
    box.program('docker', 'exit 1');
    expect(box.run(['start', ...GIVEN], KEY)).toEqual({ code: 69, output: expect.stringContaining('does not answer') });
  } finally {
    without.dispose();
  }
});

describe('update', () => {
  beforeEach(() => {
    box.write('.env', 'TENANT_ID=acme\nRUNNER_GROUP_ID=rg-1\nRUNNER_API_KEY=k\n');
    box.write('new', 'sha256:new');
  });

  it('pulls the same name, or another tag of it, and starts it', () => {
    aContainer({ name: 'registry.example.com:5000/runner:1' });
    expect(box.run(['update', '--version', '2'])).toMatchObject({ code: 0, output: expect.stringContaining('runner:2 is running') });
    expect(box.calls()).toContain('docker pull --quiet registry.example.com:5000/runner:2');
    expect(runs()[0]).toMatch(/ registry\.example\.com:5000\/runner:2$/);
  });

  it('does nothing when it is the same image', () => {
    aContainer();
    box.write('new', OLD);
    expect(box.run(['update'])).toEqual({ code: 0, output: 'registry.example.com/runner:1 is what you have.\n' });
    expect(runs()).toEqual([]);
  });

  it('goes back to the image before, under its name, when the new one is not ready', () => {
    aContainer();
    box.write('new', 'broken');
    expect(box.run(['update', '--version', '2'])).toEqual({ code: 1, output: expect.stringContaining('the old one is back and running') });
    expect(runs().at(-1)).toMatch(/axiom-runner\.image=registry\.example\.com\/runner:1 .* sha256:old$/);
  });

  it('asks for a version when the image is pinned by a digest', () => {
    aContainer({ name: 'registry.example.com/runner@sha256:aa' });
    expect(box.run(['update'])).toEqual({ code: 64, output: expect.stringContaining('pinned') });
    expect(box.run(['update', '--version', '2'])).toMatchObject({ code: 0 });
    expect(box.calls()).toContain('docker pull --quiet registry.example.com/runner:2');
  });

  it('needs a container to begin with', () => {
    expect(box.run(['update'])).toEqual({ code: 69, output: expect.stringContaining('Run script.sh start') });
  });
});

describe('as a service', () => {
  beforeEach(() => box.program('id', 'echo 0'));

  it('runs in the foreground and is stopped by the container tool, with time to spare', () => {
    expect(box.run(['register', '--no-wait', '--image', 'registry.example.com/runner:1', ...GIVEN], KEY)).toMatchObject({ code: 0 });
    const unit = box.read('axiom-runner.service');
    const tool = `${box.path}/programs/docker`;
    expect(unit).toMatch(new RegExp(`^ExecStart=${tool} run --rm --name axiom-runner .* registry\\.example\\.com/runner:1$`, 'm'));
    expect(unit).toContain(`ExecStop=-${tool} stop -t ${STOP_TIMEOUT_SECONDS} axiom-runner\n`);
    expect(unit).toContain(`TimeoutStopSec=${STOP_TIMEOUT_SECONDS + 10}\n`);
    expect(unit).toContain('Requires=docker.service\n');
    expect(unit).not.toContain('--detach');
  });

  it('is updated by a new unit', () => {
    box.run(['register', '--no-wait', ...GIVEN], KEY);
    box.write('new', 'sha256:new');
    aContainer();
    expect(box.run(['update', '--version', '2'])).toMatchObject({ code: 0 });
    expect(box.read('axiom-runner.service')).toMatch(/ registry\.example\.com\/runner:2$/m);
  });
});
