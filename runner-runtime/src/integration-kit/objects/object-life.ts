import type { Evidence } from '@axiom-runner/protocol';
import { z } from 'zod';
import { RunnerError } from '../../errors.js';
import type { Applied, Integration, SystemAccess } from '../../integrations/integration.js';
import type { Intent } from '../../integrations/intent.js';
import { LedgerConflict, type LedgerEntry } from '../../integrations/ledger.js';
import type { Mark } from '../../integrations/marks.js';
import type { AccessWay, StateOfWay } from '../access-way.js';
import { bounded } from '../bounded.js';
import { isReplayOver, requireExtensible, requireInTime, requireNotRevoked, requireSamePlan } from '../turn.js';

const ROUNDS = 10;

/** What an intent remembers of an object that is made for one grant. */
export interface ObjectState extends StateOfWay {
  /** Its name or id in the system: made by {@link Marks.name}, so nobody can foretell it. */
  readonly object: string;
}

/** What was made. */
export interface Made extends Applied {
  /** What is needed to end it and cannot be found out again: plain JSON, kept encrypted in the ledger until the access has ended. */
  readonly remember?: unknown;
  /** Until when the record stays though the access has ended, unix seconds: what was handed out lives on, and the proof needs to know. */
  readonly keepUntil?: number;
}

/** A kind of object that is made for one grant alone, in a system without a place for a mark. All of it may be repeated. */
export interface ObjectKind<Secret, State extends ObjectState> {
  /** Whether an object of the name is there. */
  exists(access: SystemAccess<Secret>, intent: Intent<State>): Promise<boolean>;
  /** Makes the object, or completes one that a runner left half made; for a temporary credential always a new one. */
  make(access: SystemAccess<Secret>, intent: Intent<State>, remembered: unknown): Promise<Made>;
  /** Ends what {@link make} returned as `remember`, where each attempt makes one of its own: a token. */
  discard?(access: SystemAccess<Secret>, remember: unknown): Promise<void>;
  /** Moves the system's own expiry to the end of the intent. */
  extend(access: SystemAccess<Secret>, intent: Intent<State>, remembered: unknown): Promise<void>;
  /** As {@link Integration.renew}. */
  renew?(access: SystemAccess<Secret>, intent: Intent<State>, remembered: unknown): Promise<void>;
  /** Blocks logins, ends sessions, removes the object. */
  remove(access: SystemAccess<Secret>, intent: Intent<State>, remembered: unknown): Promise<Pick<Evidence, 'actions' | 'warnings'>>;
  /** Reads back whether all of it is gone, and what access remains. */
  prove(
    access: SystemAccess<Secret>,
    intent: Intent<State>,
    remembered: unknown,
  ): Promise<Pick<Evidence, 'observations' | 'proved' | 'warnings'>>;
}

const documentSchema = z.strictObject({
  object: z.string(),
  mark: z.string(),
  /** Whether a runner may have made the object: false where a request was revoked before it was carried out. */
  made: z.boolean(),
  remembered: z.unknown().optional(),
  keepUntil: z.int().optional(),
});
type Document = z.infer<typeof documentSchema>;
interface Recorded {
  readonly entry: LedgerEntry;
  readonly mark: Mark;
  readonly document: Document;
}

/** The life of an access that is an object of its own: recorded, made, removed, proved gone. */
export function objectLife<Secret, State extends ObjectState>(kind: ObjectKind<Secret, State>): Omit<AccessWay<Secret, State>, 'plan'> {
  const renew = kind.renew?.bind(kind);
  return {
    ...(renew !== undefined && {
      renew: async (access: SystemAccess<Secret>, intent: Intent<State>) => {
        const recorded = await readRecord(access, intent);
        // The record's own intent: the access may have been extended since.
        if (recorded?.mark.state === 'active') await renew(access, recorded.mark.intent as Intent<State>, recorded.document.remembered);
      },
    }),

    apply: async (access, intent) => {
      requireInTime(access, intent);
      const recorded = (await readRecord(access, intent)) ?? (await recordNew(access, kind, intent));
      requireNotRevoked(recorded.mark, intent);
      requireSamePlan(recorded.mark.intent, intent);
      const { remember, keepUntil, ...applied } = await kind.make(access, intent, recorded.document.remembered);
      await keepOrUndo(access, kind, intent, recorded, { remembered: remember, keepUntil });
      return { ...applied, actions: bounded(applied.actions) };
    },

    extend: async (access, intent) => {
      const recorded = await readRecord(access, intent);
      requireExtensible(recorded?.mark, intent);
      if (recorded === undefined) return;
      // First where it may be refused: a mark must not promise more than the system gives.
      await kind.extend(access, intent, recorded.document.remembered);
      await write(access, intent, 'active', recorded.document, recorded.entry.version);
    },

    revert: async (access, intent) => {
      const recorded = await tombstone(access, intent);
      // Without a record nothing was made: an object of the name is somebody else's.
      if (recorded === undefined) return { actions: [], warnings: [] };
      const { actions, warnings } = recorded.document.made
        ? await kind.remove(access, intent, recorded.document.remembered)
        : { actions: ['nothing was made'], warnings: [] };
      if (isReplayOver(access, intent) && access.now() / 1000 >= (recorded.document.keepUntil ?? 0)) {
        access.gate.check();
        await access.ledger.remove(entryOf(intent), recorded.entry.version).catch(ignoreConflict);
      }
      return { actions: bounded(actions), warnings: bounded(warnings) };
    },

    verify: async (access, intent) => {
      const recorded = await readRecord(access, intent);
      if (recorded?.document.made === false) return nothingMade(access);
      const proof = await kind.prove(access, intent, recorded?.document.remembered);
      return { ...proof, proved: proof.proved && recorded?.mark.state !== 'active', warnings: bounded(proof.warnings) };
    },
  };
}

function entryOf({ requestId }: Intent): string {
  return `grant/${requestId}`;
}

async function readRecord<Secret, State extends ObjectState>(
  access: SystemAccess<Secret>,
  intent: Intent<State>,
): Promise<Recorded | undefined> {
  const entry = await access.ledger.read(entryOf(intent));
  if (entry === undefined) return undefined;
  const document = documentSchema.parse(entry.document);
  const mark = await access.marks.read(document.mark);
  if (mark === undefined || document.object !== intent.state.object) throw foreign(intent);
  return { entry, mark, document };
}

/** The record comes before the object; so an object without a record is somebody else's. */
async function recordNew<Secret, State extends ObjectState>(
  access: SystemAccess<Secret>,
  kind: ObjectKind<Secret, State>,
  intent: Intent<State>,
): Promise<Recorded> {
  if (await kind.exists(access, intent)) throw foreign(intent);
  requireInTime(access, intent);
  return write(access, intent, 'active', { made: true }, undefined);
}

async function write<Secret, State extends ObjectState>(
  access: SystemAccess<Secret>,
  intent: Intent<State>,
  state: Mark['state'],
  { made, remembered, keepUntil }: Omit<Document, 'object' | 'mark'>,
  replaces: number | undefined,
): Promise<Recorded> {
  const document: Document = {
    object: intent.state.object,
    mark: await access.marks.write(state, intent),
    made,
    ...(remembered === undefined ? {} : { remembered }),
    ...(keepUntil === undefined ? {} : { keepUntil }),
  };
  access.gate.check();
  return { entry: await access.ledger.write(entryOf(intent), document, replaces), mark: { state, intent }, document };
}

/** A revocation may have come while the object was made: then it must go again. */
async function keepOrUndo<Secret, State extends ObjectState>(
  access: SystemAccess<Secret>,
  kind: ObjectKind<Secret, State>,
  intent: Intent<State>,
  recorded: Recorded,
  { remembered: remember, keepUntil }: Pick<Document, 'remembered' | 'keepUntil'>,
): Promise<void> {
  try {
    if (remember !== undefined || keepUntil !== undefined) {
      await write(
        access,
        recorded.mark.intent as Intent<State>,
        'active',
        { made: true, remembered: remember, keepUntil },
        recorded.entry.version,
      );
      return;
    }
    if ((await readRecord(access, intent))?.mark.state === 'active') return;
  } catch (error) {
    if (!(error instanceof LedgerConflict)) throw error;
    // Another attempt of the same request was faster, and its credential is the one that counts.
    if ((await readRecord(access, intent))?.mark.state === 'active') {
      await kind.discard?.(access, remember);
      throw error;
    }
  }
  await kind.remove(access, intent, remember ?? recorded.document.remembered);
  throw new RunnerError('TASK_REJECTED', 'This request was revoked while it was carried out.', { object: intent.requestId });
}

/** Marks the request as revoked, so that it is not carried out (again). @returns undefined where that need not be remembered any more */
async function tombstone<Secret, State extends ObjectState>(
  access: SystemAccess<Secret>,
  intent: Intent<State>,
): Promise<Recorded | undefined> {
  for (let round = 0; round < ROUNDS; round += 1) {
    try {
      const recorded = await readRecord(access, intent);
      if (recorded === undefined) {
        if (isReplayOver(access, intent)) return undefined;
        return await write(access, intent, 'revoked', { made: false }, undefined);
      }
      if (recorded.mark.state === 'revoked') return recorded;
      return await write(access, intent, 'revoked', recorded.document, recorded.entry.version);
    } catch (error) {
      if (!(error instanceof LedgerConflict)) throw error;
    }
  }
  throw new LedgerConflict(entryOf(intent));
}

function nothingMade<Secret>({ now }: SystemAccess<Secret>): Pick<Evidence, 'observations' | 'proved' | 'warnings'> {
  const observation = {
    question: 'Was the request ever carried out?',
    answer: 'no: it was revoked before',
    at: new Date(now()).toISOString(),
  };
  return { observations: [observation], proved: true, warnings: [] };
}

function ignoreConflict(error: unknown): void {
  if (!(error instanceof LedgerConflict)) throw error;
}

function foreign({ state }: Intent<ObjectState>): RunnerError {
  return new RunnerError('CONFLICT', "An object of the name that this access needs is there already, and is not the runner's.", {
    object: state.object,
    mend: 'Look who made it, and remove it.',
  });
}
