import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { dispenseCredential, startTask, waitForCollection, waitForStage } from '@axiom-runner/control-plane';
import type { RunnerProcess } from '@axiom-runner/local-servers';
import { type Evidence, isPassing, type TaskBody } from '@axiom-runner/protocol';
import pg from 'pg';
import type { Company } from './company.js';
import { columns, type Timeline } from './timeline.js';

const PATIENCE = { timeoutMs: 60_000 };
const ORDERS = { kind: 'table', path: ['shop', 'public', 'orders'] };

/** Synthesises the CDK app as it would be deployed. */
export function synthesise(timeline: Timeline): void {
  timeline.scene('The CDK app synthesises');
  const output = mkdtempSync(join(tmpdir(), 'axiom-runner-synth-'));
  const { status, stderr } = spawnSync('npx', ['cdk', 'synth', '--quiet', '--output', output], { encoding: 'utf8' });
  const templates = status === 0 ? readdirSync(output).filter((name) => name.endsWith('.template.json')) : [];
  timeline.observe(`cdk synth: ${templates.join(', ') || stderr.slice(-400)}`, templates.length > 0);
  rmSync(output, { recursive: true, force: true });
}

/** Every named check of the system. */
export async function testConnection(timeline: Timeline, company: Company): Promise<void> {
  timeline.scene('Test connection');
  const task = await start(company, { type: 'TestConnection', system: company.system });
  const { checks } = await waitForStage(company.home, task, ['tested'], PATIENCE);
  timeline.show(columns(checks.map(({ name, outcome, detail }) => [name, outcome, detail])));
  timeline.observe(`${checks.length} checks ran where the database is`, checks.every(isPassing));
}

/** Everything that the integration can read, page by page. */
export async function collectData(timeline: Timeline, company: Company): Promise<void> {
  timeline.scene('Data collection');
  const task = await start(company, { type: 'CollectData', system: company.system });
  const collection = await waitForCollection(company.home, task, PATIENCE);
  const { counts, batches } = collection.summary;
  timeline.show(columns([['KIND', 'COUNT'], ...Object.entries(counts).map(([kind, count]) => [kind, String(count)])]));
  let seen = false;
  for await (const item of collection.items()) seen ||= item.item === 'principal' && item.principal.id === 'alice';
  timeline.observe(`${batches} batch${batches === 1 ? '' : 'es'} arrived, alice among the principals`, seen && (counts['target'] ?? 0) > 0);
}

/** An existing role gets a permission, uses it, and loses it when it is asked back. */
export async function grantToExistingRole(timeline: Timeline, company: Company): Promise<void> {
  timeline.scene('A grant to an existing role');
  timeline.observe('alice cannot read the orders', !(await canRead(company, 'alice')));
  const task = await start(company, {
    type: 'ProvisionAccess',
    system: company.system,
    target: ORDERS,
    principal: { kind: 'role', id: 'alice' },
    permission: 'Read',
    justification: 'ticket 4711',
    durationSeconds: 3600,
  });
  await waitForStage(company.home, task, ['granted'], PATIENCE);
  timeline.observe('granted for an hour: alice can read the orders', await canRead(company, 'alice'));
  await company.link.client.workflow.getHandle(task.requestId).signal('revoke');
  const { evidence, cause } = await waitForStage(company.home, task, ['revoked'], PATIENCE);
  showEvidence(timeline, evidence);
  timeline.observe(
    `revoked early (${cause}) with proof: alice cannot read the orders`,
    evidence.proved && !(await canRead(company, 'alice')),
  );
}

/** A temporary user that nobody had before, for some seconds. */
export async function dispenseTemporaryUser(timeline: Timeline, company: Company): Promise<void> {
  timeline.scene('A dispensed temporary user, and its expiry');
  const { requestId, credential } = await dispenseCredential(
    company.link,
    company.group,
    { system: company.system, target: ORDERS, permission: 'Read', justification: 'look at one order', durationSeconds: 6 },
    PATIENCE,
  );
  const { username = '', password = '' } = credential.values;
  timeline.tell(`the credential was sealed inside the runner and opened here: user ${username}, password of ${password.length} characters`);
  const session = await logIn(company, username, password);
  const { rows } = await session.query('SELECT count(*) FROM public.orders');
  timeline.observe(`it really logs in and reads ${rows[0]?.count} orders`, rows[0]?.count === '1000');
  const { evidence, cause } = await waitForStage(company.home, { requestId, group: company.group }, ['revoked'], PATIENCE);
  showEvidence(timeline, evidence);
  timeline.observe(`its end came by itself (${cause}) and is proved`, cause === 'expired' && evidence.proved);
  timeline.observe('its live session was ended', await fails(session.query('SELECT 1')));
  timeline.observe('its login is refused', await fails(logIn(company, username, password)));
  await session.end().catch(() => undefined);
}

/** A runner dies in the middle of a grant; another finishes the job and ends the access in time. */
export async function killInTheMiddle(timeline: Timeline, company: Company, runner: RunnerProcess): Promise<RunnerProcess> {
  timeline.scene('The runner is killed (-9) in the middle of a grant');
  await company.owner.query('BEGIN; LOCK TABLE pg_catalog.pg_auth_members IN SHARE MODE');
  const task = await start(company, {
    type: 'ProvisionAccess',
    system: company.system,
    target: ORDERS,
    principal: { kind: 'role', id: 'bob' },
    permission: 'Read',
    justification: 'night shift',
    durationSeconds: 25,
  });
  // Inside a transaction the server would show the same picture of its sessions for ever.
  const waiting =
    "SELECT pg_stat_clear_snapshot(); SELECT 1 FROM pg_stat_activity WHERE application_name LIKE 'axiom%' AND wait_event_type = 'Lock'";
  const caught = await until(async () => isWaiting(await company.owner.query(waiting)));
  timeline.observe('the runner stands between two statements of the grant', caught);
  await runner.kill();
  await company.owner.query('ROLLBACK');
  timeline.observe('killed; the half-made grant is rolled back', !(await canRead(company, 'bob')));
  timeline.tell('a second runner starts');
  const second = await company.startRunner();
  await waitForStage(company.home, task, ['granted'], PATIENCE);
  timeline.observe('it finishes the grant: bob can read the orders', await canRead(company, 'bob'));
  const { evidence } = await waitForStage(company.home, task, ['revoked'], PATIENCE);
  timeline.observe('and revokes it at its end, with proof', evidence.proved && !(await canRead(company, 'bob')));
  return second;
}

/** The control plane loses, or hostilely ends, the workflow: the access ends all the same. */
export async function terminateOnServer(timeline: Timeline, company: Company): Promise<void> {
  timeline.scene('The workflow is terminated on the server');
  const task = await start(company, {
    type: 'ProvisionAccess',
    system: company.system,
    target: ORDERS,
    principal: { kind: 'role', id: 'bob' },
    permission: 'Read & Write',
    justification: 'hostile server',
    durationSeconds: 4,
  });
  await waitForStage(company.home, task, ['granted'], PATIENCE);
  await company.link.client.workflow.getHandle(task.requestId).terminate('the demo plays a hostile control plane');
  timeline.observe('nothing on the server will ever revoke it; bob can read the orders', await canRead(company, 'bob'));
  const ended = await until(async () => !(await canRead(company, 'bob')));
  timeline.observe("the runner's own reaper read the authenticated expiry in the mark and revoked it", ended);
}

/** Looks for what may have been left behind. */
export async function lookForOrphans(timeline: Timeline, company: Company): Promise<void> {
  timeline.scene('What is left behind');
  // The reaper's last revocation may still be tidying up: its holder of rights goes last.
  const holders =
    "SELECT FROM pg_roles r WHERE rolname LIKE 'axm\\_%' AND shobj_description(oid, 'pg_authid') IS NOT NULL AND EXISTS (SELECT FROM pg_shdepend d WHERE d.refobjid = r.oid AND d.deptype = 'a')";
  await until(async () => (await company.owner.query(holders)).rowCount === 0, 20_000);
  const { rows } = await company.owner.query<{ rolname: string; members: string; rights: string; login: boolean }>(
    `SELECT rolname, rolcanlogin AS login,
            (SELECT count(*) FROM pg_auth_members m WHERE m.member = r.oid OR (m.roleid = r.oid AND (m.inherit_option OR m.set_option))) AS members,
            (SELECT count(*) FROM pg_shdepend d WHERE d.refclassid = 'pg_authid'::regclass AND d.refobjid = r.oid) AS rights
       FROM pg_roles r WHERE rolname LIKE 'axm\\_%'`,
  );
  const orphans = rows.filter(({ login, members, rights }) => login || members !== '0' || rights !== '0');
  timeline.tell(
    `${rows.length - orphans.length} tombstones keep these requests from being replayed; the reaper drops them when no replay can come any more`,
  );
  timeline.observe(`${orphans.length} orphans`, orphans.length === 0);
  const leaked = company.canaries.filter((canary) => company.logs().includes(canary));
  timeline.observe(`no secret in ${company.logs().length} characters of log`, leaked.length === 0);
}

function start({ link, group }: Company, body: TaskBody): ReturnType<typeof startTask> {
  return startTask(link, group, body, { validitySeconds: 60 });
}

/** Several statements yield several results, of which `pg` declares only one. */
function isWaiting(results: pg.QueryResult | pg.QueryResult[]): boolean {
  return (Array.isArray(results) ? (results.at(-1)?.rowCount ?? 0) : 0) > 0;
}

function showEvidence(timeline: Timeline, { actions, observations, warnings }: Evidence): void {
  timeline.show(
    [
      ...actions.map((action) => `did    ${action}`),
      ...observations.map(({ question, answer }) => `asked  ${question} ${answer}`),
      ...warnings.map((warning) => `note   ${warning}`),
    ].join('\n'),
  );
}

async function logIn({ database }: Company, user: string, password: string): Promise<pg.Client> {
  const client = new pg.Client({ host: database.host, port: database.port, user, password, database: 'shop' });
  client.on('error', () => undefined); // The server ends sessions here on purpose.
  await client.connect();
  return client;
}

/** Whether a role can really read the orders, tried as that role. */
async function canRead(company: Company, role: string): Promise<boolean> {
  const client = await logIn(company, role, role);
  try {
    return !(await fails(client.query('SELECT count(*) FROM public.orders')));
  } finally {
    await client.end();
  }
}

async function fails(attempt: Promise<unknown>): Promise<boolean> {
  return attempt.then(
    () => false,
    () => true,
  );
}

async function until(condition: () => Promise<boolean>, timeoutMs = 60_000): Promise<boolean> {
  for (const deadline = Date.now() + timeoutMs; Date.now() < deadline; await sleep(100)) if (await condition()) return true;
  return false;
}
