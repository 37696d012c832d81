import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startTemporal, type TemporalServer } from '@axiom-runner/local-servers';
import { createGroup, type Group, type Home, verificationKeySet } from '../src/index.js';
import { startFakeRunner } from './support/fake-runner.js';
import { removeFolders, temporaryHome } from './support/homes.js';
import { axiomctl, type Outcome, type TerminalOptions } from './support/terminal.js';

const access = [
  '--system',
  'postgresql/db',
  '--target',
  'table:app/public/a%2Fb',
  '--permission',
  'read',
  '--duration',
  '1h',
  '--justification',
  'incident 7',
];

let server: TemporalServer;
let home: Home;
let group: Group;
let stopRunner: () => Promise<void>;

beforeAll(async () => {
  server = await startTemporal({ namespaces: ['acme'] });
  home = await temporaryHome({ address: server.address });
  ({ group } = await createGroup(home, { name: 'eu' }));
  stopRunner = await startFakeRunner({
    address: server.address,
    namespace: 'acme',
    groupId: group.id,
    verificationKeys: await verificationKeySet(home),
  });
}, 120_000);

afterAll(async () => {
  await stopRunner?.();
  await server?.stop();
  await removeFolders();
}, 60_000);

function here(argv: readonly string[], options: TerminalOptions = {}): Promise<Outcome> {
  return axiomctl([...argv, '--home', home.folder], options);
}

describe('axiomctl on its own', () => {
  it('tests a connection, and remembers the outcome', async () => {
    await here(['integration', 'add', 'postgresql/db']);
    const tested = await here(['test-connection', 'postgresql/db']);
    expect(tested).toEqual({ code: 0, err: '', out: expect.stringMatching(/CHECK +OUTCOME .*\nconnect +ok/) });
    expect((await here(['integration', 'list'])).out).toMatch(/postgresql\/db +rg-\w+ +passed/);
  }, 60_000);

  it('exits with 1 when a check fails or the runner reports an error', async () => {
    const broken = await here(['test-connection', 'postgresql/broken', '--json']);
    expect(broken).toMatchObject({ code: 1, err: expect.stringContaining('cannot be used as it is') });
    expect(JSON.parse(broken.out)).toMatchObject({ passed: false, checks: [{ outcome: 'unreachable' }] });
    const absent = await here(['test-connection', 'postgresql/absent', '--json']);
    expect(absent).toMatchObject({ code: 1, out: '' });
    expect(JSON.parse(absent.err)).toMatchObject({ error: { code: 'SECRET_NOT_FOUND', mend: 'create it' } });
  }, 60_000);

  it('shows progress on a terminal only', async () => {
    const { err } = await here(['sweep'], { isTerminal: true });
    expect(err).toContain('waiting for a runner of group eu');
  }, 60_000);

  it('collects to a file and tells the next collection the counts of the last', async () => {
    const out = join(home.folder, 'items.jsonl');
    const first = await here(['collect', 'postgresql/db', '--out', out, '--json']);
    expect(JSON.parse(first.out)).toMatchObject({ counts: { principal: 2 }, batches: 2, warnings: [] });
    expect((await readFile(out, 'utf8')).trimEnd().split('\n')).toHaveLength(2);
    const items = await here(['results', 'items', JSON.parse(first.out).requestId]);
    expect(items.out).toBe(await readFile(out, 'utf8'));
    const second = await here(['collect', 'postgresql/db', '--json']);
    expect(JSON.parse(second.out)).toMatchObject({ warnings: ['previously 2'] });
  }, 60_000);

  it('grants, extends, revokes and shows an access', async () => {
    const granted = await here(['access', 'grant', '--principal', 'role:ada', ...access, '--json']);
    const { requestId, target } = JSON.parse(granted.out);
    expect(target).toEqual({ kind: 'table', path: ['app', 'public', 'a/b'] });
    expect((await here(['access', 'list', '--state', 'granted'])).out).toMatch(
      new RegExp(`${requestId} +granted +postgresql/db +role:ada +read +table:app/public/a%2Fb`),
    );
    const live = await here(['access', 'show', requestId, '--live', '--json']);
    expect(JSON.parse(live.out)).toMatchObject({ state: 'granted', live: { state: 'granted' } });
    expect(await here(['access', 'extend', requestId, '--until', '2033-05-18T04:00:00Z'])).toMatchObject({ code: 0, err: '' });
    const revoked = await here(['access', 'revoke', requestId]);
    expect(revoked).toMatchObject({
      code: 0,
      out: expect.stringMatching(/proved +yes\ndone +dropped the role\nseen +does the role exist\? no/),
    });
    const shown = await here(['access', 'show', requestId]);
    expect(shown.out).toMatch(/state +revoked\n.*why +incident 7.*asked for.*granted.*revocation asked for.*revoked/s);
  }, 60_000);

  it('asks for a revocation without waiting for it', async () => {
    const granted = await here(['access', 'grant', '--principal', 'role:ada', ...access, '--json']);
    const { requestId } = JSON.parse(granted.out);
    expect(await here(['access', 'revoke', requestId, '--no-wait'])).toEqual({
      code: 0,
      err: '',
      out: `${requestId}: revocation asked for\n`,
    });
  }, 60_000);

  it('shows a dispensed credential once', async () => {
    const dispensed = await here(['credential', 'dispense', ...access]);
    expect(dispensed).toMatchObject({ code: 0, err: '', out: expect.stringMatching(/username +temporary\npassword +canary-7c1f\n/) });
    const requestId = /request +(\S+)/.exec(dispensed.out)?.[1] ?? '';
    const later = [await here(['access', 'show', requestId]), await here(['results', '--json'])];
    expect(JSON.stringify(later)).not.toContain('canary-7c1f');
  }, 60_000);

  it('refuses a request id that was used before', async () => {
    expect(await here(['sweep', '--request-id', 'again'])).toMatchObject({ code: 0 });
    expect(await here(['sweep', '--request-id', 'again'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('again was used before'),
    });
  }, 60_000);

  it('shows the runners that are connected', async () => {
    expect((await here(['group', 'show', '--runners'])).out).toMatch(/runner +\d+@/);
  }, 60_000);

  it('says that no runner answered', async () => {
    await createGroup(home, { name: 'lonely' });
    const outcome = await here(['test-connection', 'postgresql/db', '--group', 'lonely', '--timeout', '1s']);
    expect(outcome).toMatchObject({
      code: 69,
      err: expect.stringMatching(/No runner of group lonely .*\nTo mend: .*Started Axiom Runner/),
    });
    const unknown = await here(['namespace', 'create', '--address', server.address]);
    expect(unknown.out).toBe('acme was registered already.\n');
  }, 60_000);

  it('says that the namespace is missing, and makes it', async () => {
    const fresh = await temporaryHome({ tenantId: 'fresh', address: server.address });
    await createGroup(fresh, { name: 'eu' });
    const sweep = ['sweep', '--timeout', '1s', '--home', fresh.folder];
    expect(await axiomctl(sweep)).toMatchObject({ code: 78, err: expect.stringContaining('has no namespace fresh') });
    expect(await axiomctl(['namespace', 'create', '--home', fresh.folder])).toMatchObject({ code: 0, out: 'fresh is registered.\n' });
    expect(await axiomctl(sweep)).toMatchObject({ code: 69, err: expect.stringContaining('No runner of group eu') });
  }, 90_000);
});

describe('axiomctl results serve', () => {
  it('takes results in for other commands until it is stopped', async () => {
    const stop = new AbortController();
    const lines: string[] = [];
    let serving: Promise<Outcome> | undefined;
    await new Promise<void>((resolve) => {
      serving = here(['results', 'serve', '--json'], { signal: stop.signal, onOut: (line) => lines.push(line), onErr: () => resolve() });
    });
    const requestId = 'served';
    const swept = await here(['sweep', '--group', 'eu', '--request-id', requestId]);
    expect(swept).toMatchObject({ code: 0 });
    expect(lines.map((line) => JSON.parse(line))).toEqual([expect.objectContaining({ requestId, stage: 'swept' })]);
    stop.abort();
    expect(await serving).toMatchObject({ code: 0, err: expect.stringContaining('taking results in') });
    expect((await here(['results', '--request', requestId])).out).toMatch(/served +SweepOrphans +swept/);
  }, 60_000);
});
