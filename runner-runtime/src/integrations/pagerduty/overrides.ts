import { z } from 'zod';
import { RunnerError } from '../../errors.js';
import { ifThere } from '../../integration-kit/http/json-client.js';
import { path } from '../../integration-kit/http/path.js';
import { nativeExpiryOf } from '../../integration-kit/turn.js';
import type { Intent } from '../intent.js';
import { type Access, pagerDuty } from './client.js';
import { isId } from './ids.js';
import type { OverrideState } from './state.js';

/** PagerDuty's clock may be ahead of the runner's by this: overrides that start so much later are of the same moment. */
const CLOCK_TOLERANCE_SECONDS = 300;

const id = z.string().refine(isId);
const time = z.iso.datetime({ offset: true }).transform((text) => Math.floor(Date.parse(text) / 1000));
const overrideSchema = z.object({ id, start: time, end: time, user: z.object({ id: z.string() }) });
const listSchema = z.object({ overrides: z.array(overrideSchema) });
const madeSchema = z.array(z.object({ status: z.number().optional(), override: z.object({ id: id.optional() }) })).length(1);
const rememberedSchema = z.object({ override: z.string() });
const claimSchema = z.object({ object: z.string(), remembered: rememberedSchema });

/** An override; times are unix seconds. */
export type Override = z.infer<typeof overrideSchema>;

/**
 * When PagerDuty itself ends the override of an access, unix seconds. An override has no name and no room for a mark: the second of its minute
 * tells it from those that people make, and those of other requests.
 */
export function endOf(intent: Intent<OverrideState>): number {
  const earliest = nativeExpiryOf(intent);
  return earliest + ((markedSecond(intent.state) - (earliest % 60) + 60) % 60);
}

/**
 * Overrides of an access that have not ended: one, or more where runners raced or died on the way; none where the schedule is gone.
 * @param remembered what {@link remember} made, where the ledger has it
 */
export async function overridesOf(access: Access, intent: Intent<OverrideState>, remembered?: unknown): Promise<readonly Override[]> {
  const { state, plannedAt } = intent;
  const own = rememberedSchema.safeParse(remembered).data?.override;
  const fitting = (await livingOverrides(access, state)).filter(
    ({ id: override, start, end }) =>
      override === own || (start >= plannedAt - CLOCK_TOLERANCE_SECONDS && end % 60 === markedSecond(state)),
  );
  if (fitting.length === 0) return [];
  const others = await claimedByOthers(access, state);
  return fitting.filter((override) => !others.has(override.id));
}

/** What the ledger keeps of an override. */
export function remember(override: string): z.infer<typeof rememberedSchema> {
  return { override };
}

/** Puts the user on call from now on. @returns the id of the override @throws {RunnerError} `UNSUPPORTED` */
export async function makeOverride(access: Access, intent: Intent<OverrideState>): Promise<string> {
  const { schedule, user } = intent.state;
  const override = { start: iso(nowOf(access)), end: iso(endOf(intent)), user: { id: user, type: 'user_reference' } };
  const [made] = await pagerDuty(access).api.read({
    method: 'POST',
    path: path`/schedules/${schedule}/overrides`,
    body: { overrides: [override] },
    schema: madeSchema,
  });
  // Each override has a status of its own: the answer as a whole is 201 though PagerDuty has refused it.
  if (made?.override.id !== undefined && (made.status ?? 201) < 300) return made.override.id;
  throw new RunnerError('UNSUPPORTED', 'PagerDuty does not put this user on call on this schedule.', {
    object: `${user} on ${schedule}`,
    mend: 'See whether the user may be on call: stakeholders may not.',
  });
}

/** Ends an override: one that has started is cut at this moment. https://github.com/PagerDuty/api-schema (deleteScheduleOverride) */
export async function endOverride(access: Access, { schedule }: OverrideState, { id: override }: Pick<Override, 'id'>): Promise<void> {
  try {
    await pagerDuty(access).api.read({ method: 'DELETE', path: path`/schedules/${schedule}/overrides/${override}`, schema: z.unknown() });
  } catch (error) {
    // It is gone, or has ended meanwhile: a past override cannot be removed. Whether that is so, is read back.
    if (!(error instanceof RunnerError) || (error.code !== 'TARGET_NOT_FOUND' && error.code !== 'UNSUPPORTED')) throw error;
  }
}

export function nowOf({ now }: Access): number {
  return Math.floor(now() / 1000);
}

/** @param seconds unix seconds */
export function iso(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;
}

/** Overrides of a user on a schedule that have not ended. */
async function livingOverrides(access: Access, { schedule, user }: OverrideState): Promise<readonly Override[]> {
  const now = nowOf(access);
  // Without `overflow` their ends would be cut to `until`.
  const query = { since: iso(now), until: iso(now + CLOCK_TOLERANCE_SECONDS), overflow: true };
  const call = { path: path`/schedules/${schedule}/overrides`, query, schema: listSchema };
  const found = await ifThere(pagerDuty(access).api.read(call));
  return found?.overrides.filter((override) => override.user.id === user && override.end > now) ?? [];
}

/** Overrides that the ledger knows as those of other requests. */
async function claimedByOthers({ ledger }: Access, { object }: OverrideState): Promise<ReadonlySet<string>> {
  const claims = (await ledger.list()).map(({ document }) => claimSchema.safeParse(document).data);
  return new Set(claims.flatMap((claim) => (claim === undefined || claim.object === object ? [] : [claim.remembered.override])));
}

/** 1 to 59: people's overrides end at full minutes. */
function markedSecond({ object }: OverrideState): number {
  return 1 + [...object].reduce((sum, character) => (sum * 31 + character.charCodeAt(0)) % 59, 0);
}
