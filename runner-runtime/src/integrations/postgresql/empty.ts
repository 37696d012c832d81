import type { Change } from './change.js';
import { type Session, withSession } from './connection.js';
import { asTargetError } from './errors.js';
import { quoted } from './identifiers.js';
import { databasesWith, describeLeft, leftBehind, nextMoves, ownersAmong, type Page } from './left.js';
import { ensureQuarantine } from './quarantine.js';
import { type Revocation, step } from './revocation.js';
import { readRole } from './roles.js';
import { grantMembership } from './server.js';
import type { Doomed } from './shut-out.js';

/** Objects in one transaction, which can hold only so many locks. */
const CHUNK = 40;

/** Moves what the roles own to the quarantine and takes back what they were granted, in every database that lets it. */
export async function empty(revocation: Revocation, session: Session, doomed: readonly Doomed[]): Promise<void> {
  const { access, facts, warnings } = revocation;
  const oids = doomed.map(({ oid }) => oid);
  const databases = await databasesWith(session, oids);
  if (databases.length === 0) return;
  const quarantine = databases.some(({ owned }) => owned)
    ? await step(revocation, session, (change) => ensureQuarantine(change, facts, access.marks, doomed))
    : undefined;
  for (const { name } of databases) {
    try {
      await withSession(access, name, (inside) => emptyDatabase(revocation, inside, doomed, quarantine));
    } catch (error) {
      // Who owns a database can hinder what is done in it; the roles are shut out all the same.
      access.signal.throwIfAborted();
      access.gate.check();
      warnings.push(
        `database ${name} cannot be entered or cleaned (${asTargetError(error).code}): what ${doomed[0]?.name} has there stays, and the role with it, blocked`,
      );
    }
  }
}

async function emptyDatabase(
  revocation: Revocation,
  session: Session,
  doomed: readonly Doomed[],
  quarantine: string | undefined,
): Promise<void> {
  const oids = doomed.map(({ oid }) => oid);
  const owners = await ownersAmong(session, oids);
  if (owners.length === 0 || quarantine === undefined) {
    await step(revocation, session, async (change) => {
      await becomeMember(revocation, change, doomed);
      await takeBackGrants(change, doomed);
    });
    return;
  }
  const left = await leftBehind(session, oids);
  if (left.count > CHUNK) await moveByPages(revocation, session, oids, owners, quarantine);
  await step(revocation, session, async (change) => {
    await becomeMember(revocation, change, doomed);
    await asNewOwner(revocation, change, owners, quarantine, async () => {
      await change.run(`REASSIGN OWNED BY ${owners.map((name) => quoted(name)).join(', ')} TO ${quoted(quarantine)}`);
      change.actions.push(`moved ${left.count} objects of ${doomed[0]?.name} in ${change.database} to ${quarantine}`);
      await takeBackGrants(change, doomed);
    });
  });
  revocation.warnings.push(...describeLeft(left, session.database, quarantine));
}

/**
 * Takes back what the roles, which own nothing here any more, were granted. Bottom up, since with a role goes what it granted.
 * What others granted on what is theirs only they can take back.
 */
async function takeBackGrants(change: Change, doomed: readonly Doomed[]): Promise<void> {
  for (const { name } of [...doomed].reverse()) await change.attempt([`DROP OWNED BY ${quoted(name)}`]);
}

/** A transaction can lock only so many objects, so many objects need many of them. What this leaves is left to REASSIGN OWNED. */
async function moveByPages(
  revocation: Revocation,
  session: Session,
  oids: readonly number[],
  owners: readonly string[],
  quarantine: string,
): Promise<void> {
  for (let after: Page['last'] = [0, 0]; ; ) {
    const page = await nextMoves(session, oids, quarantine, after, CHUNK);
    if (page === undefined) return;
    const { statements } = page;
    after = page.last;
    await step(revocation, session, (change) =>
      asNewOwner(revocation, change, owners, quarantine, async () => {
        if ((await change.attempt([statements.join('; ')])) === undefined) return;
        for (const statement of statements) await change.attempt([statement]);
      }),
    );
  }
}

/**
 * A new owner must be allowed to create where the object is: for the time of the transaction the quarantine is a member of the
 * owners, and the access has its rights again.
 */
async function asNewOwner(
  { facts, intent }: Revocation,
  change: Change,
  owners: readonly string[],
  quarantine: string,
  work: () => Promise<void>,
): Promise<void> {
  const { role, memberOf } = intent.state;
  const lent = owners.includes(role) && (await readRole(change, facts, memberOf)) !== undefined;
  for (const name of owners) await change.run(grantMembership(facts, name, facts.user, { set: true }));
  await change.run(grantMembership(facts, quarantine, facts.user, { set: true }));
  const regained = lent ? await change.attempt([grantMembership(facts, memberOf, role, { set: false })]) : 'nothing';
  for (const name of owners) await change.run(grantMembership(facts, name, quarantine, { set: false }));
  await work();
  for (const name of owners) await change.run(`REVOKE ${quoted(name)} FROM ${quoted(quarantine)}`);
  if (regained === undefined) await change.run(`REVOKE ${quoted(memberOf)} FROM ${quoted(role)}`);
  await change.run(`REVOKE ${quoted(quarantine)} FROM ${quoted(facts.user)}`);
}

/** Top down: the right to see to a role comes from its maker. */
async function becomeMember({ facts }: Revocation, change: Change, doomed: readonly Doomed[]): Promise<void> {
  for (const { name } of doomed) await change.run(grantMembership(facts, name, facts.user, { set: true }));
}
