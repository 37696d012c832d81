import { dispenseCredential, revokeAccess, startTask, waitForCollection, waitForStage } from '@axiom-runner/control-plane';
import { isPassing, type TaskBody } from '@axiom-runner/protocol';
import type { Declaration } from '../../runner-runtime/src/integrations/declaration.js';
import type { RunningSystem } from '../../runner-runtime/test/integrations/contract/contract.js';
import type { Surroundings } from './surroundings.js';

const PATIENCE = { timeoutMs: 120_000 };
const DURATION_SECONDS = 3600;
const JUSTIFICATION = 'demo';

/** What was seen of one integration. */
export interface Seen {
  readonly checks: { readonly passing: number; readonly all: number };
  /** Collected items by kind. */
  readonly counts: Readonly<Record<string, number>>;
  readonly grants: number;
  readonly revokedWithProof: number;
  /** Marked objects that are overdue, could not be ended, or do not verify. */
  readonly orphans: number;
  /** What was promised and not seen. */
  readonly faults: readonly string[];
  readonly seconds: number;
}

/** A connection test, a collection, an access of each kind that the integration declares, and a look for what is left. */
export async function playLifecycle(
  surroundings: Surroundings,
  running: RunningSystem<unknown>,
  { dispenses, irrevocable = [] }: Declaration,
): Promise<Seen> {
  const { home, group, link } = surroundings;
  const { system, wish, credentialWish = wish } = running;
  const startedAt = performance.now();
  const faults: string[] = [];
  const expectSeen = (what: string, seen: boolean) => {
    if (!seen) faults.push(what);
  };
  const start = (body: TaskBody) => startTask(link, group, body, { validitySeconds: 60 });
  let grants = 0;
  let revokedWithProof = 0;
  const revoked = async (requestId: string) => {
    await revokeAccess(link, { requestId, group });
    const { evidence } = await waitForStage(home, { requestId, group }, ['revoked'], PATIENCE);
    if (evidence.proved) revokedWithProof += 1;
  };

  // Some fakes are empty without one.
  const principal = await running.newPrincipal();
  const { checks } = await waitForStage(home, await start({ type: 'TestConnection', system }), ['tested'], PATIENCE);
  for (const check of checks) expectSeen(`check ${check.name}: ${check.detail}`, isPassing(check));

  const asked = {
    system,
    target: wish.target,
    permission: wish.permission,
    justification: JUSTIFICATION,
    durationSeconds: DURATION_SECONDS,
  };
  const access = await start({ type: 'ProvisionAccess', ...asked, principal });
  await waitForStage(home, access, ['granted'], PATIENCE);
  grants += 1;
  expectSeen('the principal has what was granted', await running.hasAccess(principal, wish));

  const collection = await waitForCollection(home, await start({ type: 'CollectData', system }), PATIENCE);
  const { counts } = collection.summary;

  await revoked(access.requestId);
  expectSeen('the principal has nothing after the revocation', !(await running.hasAccess(principal, wish)));

  const dispensed = dispenses.includes(credentialWish.permission) || dispenses.includes('*');
  if (dispensed && !irrevocable.includes(credentialWish.permission)) {
    const { requestId, credential } = await dispenseCredential(link, group, { ...asked, ...credentialWish }, PATIENCE);
    grants += 1;
    expectSeen('the credential opens the target', await running.opens(credential.values, credentialWish));
    await revoked(requestId);
    expectSeen('the credential opens nothing after the revocation', !(await running.opens(credential.values, credentialWish)));
  }
  expectSeen('every revocation is proved', revokedWithProof === grants);

  const { sweep } = await waitForStage(home, await start({ type: 'SweepOrphans', system }), ['swept'], PATIENCE);
  const orphans = sweep.systems.reduce((sum, { overdue, failed, unverifiable }) => sum + overdue + failed + unverifiable, 0);
  expectSeen('no orphans', orphans === 0);
  return {
    checks: { passing: checks.filter(isPassing).length, all: checks.length },
    counts,
    grants,
    revokedWithProof,
    orphans,
    faults,
    seconds: Math.round((performance.now() - startedAt) / 100) / 10,
  };
}
