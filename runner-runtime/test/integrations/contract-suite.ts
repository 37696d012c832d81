import {
  type Check,
  checkSchema,
  evidenceSchema,
  itemSchema,
  type Principal,
  principalSchema,
  type System,
  type Target,
} from '@axiom-runner/protocol';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { ErrorCode } from '../../src/errors.js';
import { StateKey } from '../../src/guard/state-key.js';
import type { Integration } from '../../src/integrations/integration.js';
import { type Intent, intentSchema } from '../../src/integrations/intent.js';
import { CountingGate, KillingGate, RunnerHarness, type Wish } from './runner-harness.js';

/** A running system, and the hands of somebody who administers it by other means. */
export interface RunningSystem<State> {
  readonly system: System;
  /** The secret that opens it, as it stands in the store. */
  readonly secret: Readonly<Record<string, unknown>>;
  /** Values of the secret that must never be seen. */
  readonly canaries: readonly string[];
  /** A target and a permission on it that {@link newPrincipal}s do not have. */
  readonly wish: Omit<Wish, 'principal'>;
  /** Targets with names that are legal and unpleasant: quotes, blanks, Unicode. */
  readonly hostileTargets: readonly Target[];
  /** Wishes that can't be met, with the answer. Their principal is made by {@link newPrincipal}, where there is none. */
  readonly impossible: readonly { readonly what: string; readonly wish: Partial<Wish>; readonly code: ErrorCode }[];
  /** Secrets of the right shape that don't open the system. */
  readonly closed: readonly {
    readonly what: string;
    readonly secret: Readonly<Record<string, unknown>>;
    /** Code of a plan. */
    readonly code: ErrorCode;
    readonly check: string;
    readonly outcome: Check['outcome'];
  }[];
  /** Secrets that are refused before anything is connected. */
  readonly malformed: readonly unknown[];
  /** Makes a principal without access. @param name as unpleasant as the vendor allows, when given */
  newPrincipal(name?: string): Promise<Principal>;
  readonly hostilePrincipalNames: readonly string[];
  /** Whether the principal really has the access: asked of the system by using it, or by the system's own judgement. */
  hasAccess(principal: Principal, wish: Omit<Wish, 'principal'>): Promise<boolean>;
  /** Whether a dispensed credential opens the target. */
  opens(credential: Readonly<Record<string, string>>, wish: Omit<Wish, 'principal'>): Promise<boolean>;
  /** Gives the same access by hand, as another administrator would. */
  giveByHand(principal: Principal, wish: Omit<Wish, 'principal'>): Promise<void>;
  /** Removes by hand what the runner made for a request. */
  removeByHand(intent: Intent<State>): Promise<void>;
  /** Puts somebody else's object in the place of the one that the request will make. @param mark the text in the mark's place */
  occupy(intent: Intent<State>, mark: string): Promise<void>;
  /** Removes what {@link occupy} made. */
  vacate(intent: Intent<State>): Promise<void>;
  /** The system's own expiry of a temporary credential in unix seconds. */
  nativeExpiry(intent: Intent<State>): Promise<number | undefined>;
  /** Everything in the system that a runner made and that is still there. */
  leftovers(): Promise<string[]>;
  stop(): Promise<void>;
}

/** One integration and the system to try it on. */
export interface ContractHarness<Secret, State> {
  readonly integration: Integration<Secret, State>;
  start(): Promise<RunningSystem<State>>;
}

/** What every integration must do, whatever its system. */
export function describeIntegration<Secret, State>(name: string, harness: ContractHarness<Secret, State>): void {
  const { integration } = harness;
  const dispenses = integration.declaration.dispenses.length > 0;

  describe(`${name}: the contract of every integration`, () => {
    jest.setTimeout(60_000);
    let system: RunningSystem<State>;
    let runner: RunnerHarness<Secret, State>;

    beforeAll(async () => {
      system = await harness.start();
      runner = new RunnerHarness(integration, system.system, system.secret);
      for (const canary of system.canaries) runner.plant(canary);
    }, 60_000);
    afterAll(() => system?.stop());

    const wishFor = (principal: Principal): Wish => ({ ...system.wish, principal });
    /** Ends an access for good, tombstone included. */
    async function endForGood(intent: Intent<State>): Promise<void> {
      await runner.revert(intent);
      runner.passApplyWindow(intent);
      await runner.revert(intent);
      expect(await runner.verify(intent)).toMatchObject({ proved: true });
      expect(await system.leftovers()).toEqual([]);
    }
    const code = (expected: ErrorCode) => expect.objectContaining({ name: 'RunnerError', code: expected });

    it('declares what it is', () => {
      expect(integration.type).toBe(system.system.type);
      const kinds = integration.declaration.targets.map(({ kind }) => kind);
      for (const permission of integration.declaration.permissions) expect(kinds).toEqual(expect.arrayContaining([...permission.targets]));
      const names = integration.declaration.permissions.map((permission) => permission.name);
      for (const dispensed of integration.declaration.dispenses) expect(names).toContain(dispensed);
    });

    describe('connection test', () => {
      it('answers the declared checks in their order', async () => {
        const checks = await runner.testConnection();
        expect(checks.map((check) => check.name)).toEqual(integration.declaration.checks.map((check) => check.name));
        for (const check of checks) {
          expect(checkSchema.parse(check)).toEqual(check);
          expect(['ok', 'warning', 'skipped']).toContain(check.outcome);
        }
      });

      it('tells apart what is wrong, and says it as an answer', async () => {
        for (const { what, secret, check, outcome } of system.closed) {
          const checks = await runner.testConnection({ secret });
          expect({ what, check: checks.find((entry) => entry.outcome !== 'ok' && entry.outcome !== 'warning') }).toMatchObject({
            what,
            check: { name: check, outcome },
          });
        }
      });

      it('refuses malformed secrets', () => {
        for (const secret of system.malformed) expect(integration.secretSchema.safeParse(secret).success).toBe(false);
      });
    });

    describe('plan', () => {
      it('changes nothing, twice', async () => {
        const gate = new CountingGate();
        const wish = wishFor(await system.newPrincipal());
        const requestId = runner.newRequestId();
        const first = await runner.plan(wish, { gate, requestId });
        expect(await runner.plan(wish, { gate, requestId })).toEqual(first);
        expect(gate.effects).toBe(0);
        expect(await system.leftovers()).toEqual([]);
        expect(intentSchema.parse(first)).toEqual(first);
        expect(JSON.stringify(first).length).toBeLessThan(4096);
      });

      it('says with a typed error what cannot be', async () => {
        const principal = await system.newPrincipal();
        for (const { what, wish, code: expected } of system.impossible) {
          const outcome = await runner.plan({ ...wishFor(principal), ...wish }).then(
            () => 'planned',
            (error) => error,
          );
          expect({ what, outcome }).toEqual({ what, outcome: code(expected) });
        }
      });

      it('says with a typed error why the system cannot be opened', async () => {
        const wish = wishFor(await system.newPrincipal());
        for (const { what, secret, code: expected } of system.closed) {
          const outcome = await runner.plan(wish, { secret }).then(
            () => 'planned',
            (error) => error,
          );
          expect({ what, outcome }).toEqual({ what, outcome: code(expected) });
        }
      });
    });

    describe('access for an existing principal', () => {
      it('is given, proved gone after its end, and can be asked for again', async () => {
        const wish = wishFor(await system.newPrincipal());
        for (let round = 0; round < 2; round += 1) {
          const { intent } = await runner.grant(wish);
          expect(await system.hasAccess(intent.principal, wish)).toBe(true);
          expect(await runner.verify(intent)).toMatchObject({ proved: false });
          const evidence = { ...(await runner.revert(intent)), ...(await runner.verify(intent)) };
          expect(await system.hasAccess(intent.principal, wish)).toBe(false);
          expect(evidenceSchema.parse(evidence)).toMatchObject({ proved: true, warnings: [] });
          await endForGood(intent);
        }
      });

      it('granted twice is granted once', async () => {
        const { intent } = await runner.grant(wishFor(await system.newPrincipal()));
        const once = await system.leftovers();
        await runner.apply(intent);
        expect(await system.leftovers()).toEqual(once);
        expect(await system.hasAccess(intent.principal, system.wish)).toBe(true);
        await endForGood(intent);
      });

      it('revoked twice is revoked once', async () => {
        const { intent } = await runner.grant(wishFor(await system.newPrincipal()));
        await runner.revert(intent);
        await runner.revert(intent);
        await endForGood(intent);
        await endForGood(intent);
      });

      it('is revoked after somebody removed it by hand', async () => {
        const { intent } = await runner.grant(wishFor(await system.newPrincipal()));
        await system.removeByHand(intent);
        await endForGood(intent);
      });

      it('leaves access that was there before', async () => {
        const principal = await system.newPrincipal();
        await system.giveByHand(principal, system.wish);
        const { intent } = await runner.grant(wishFor(principal));
        await endForGood(intent);
        expect(await system.hasAccess(principal, system.wish)).toBe(true);
        const { warnings } = await runner.verify(intent);
        expect(warnings).toEqual([expect.stringContaining('still has access through')]);
      });

      it('leaves access that was given by hand meanwhile', async () => {
        const principal = await system.newPrincipal();
        const { intent } = await runner.grant(wishFor(principal));
        await system.giveByHand(principal, system.wish);
        await endForGood(intent);
        expect(await system.hasAccess(principal, system.wish)).toBe(true);
      });

      it('ends with the last of two overlapping grants', async () => {
        const principal = await system.newPrincipal();
        const { intent: first } = await runner.grant(wishFor(principal));
        const { intent: second } = await runner.grant(wishFor(principal));
        await runner.revert(first);
        expect(await runner.verify(first)).toMatchObject({ proved: true });
        expect(await system.hasAccess(principal, system.wish)).toBe(true);
        await runner.revert(second);
        expect(await system.hasAccess(principal, system.wish)).toBe(false);
        runner.passApplyWindow(second);
        await runner.revert(first);
        await endForGood(second);
      });

      it('is extended', async () => {
        const { intent } = await runner.grant(wishFor(await system.newPrincipal()));
        const longer = { ...intent, expiresAt: intent.expiresAt + 1800 };
        await runner.extend(longer);
        const [marked] = await runner.listMarked();
        expect(await runner.access().marks.read(marked?.mark ?? '')).toEqual({ state: 'active', intent: longer });
        await endForGood(longer);
        await expect(runner.extend(longer)).rejects.toEqual(code('TARGET_NOT_FOUND'));
      });

      it('keeps the end that its latest extension set, when an older one comes again', async () => {
        const { intent } = await runner.grant(wishFor(await system.newPrincipal()));
        const older = { ...intent, expiresAt: intent.expiresAt + 1800, extendedAt: 1000 };
        const latest = { ...intent, expiresAt: intent.expiresAt + 60, extendedAt: 2000 };
        for (const extension of [older, latest, latest]) await runner.extend(extension);
        await expect(runner.extend(older)).rejects.toEqual(code('TASK_REJECTED'));
        await expect(runner.extend({ ...latest, expiresAt: older.expiresAt })).rejects.toEqual(code('TASK_REJECTED'));
        const [marked] = await runner.listMarked();
        expect(await runner.access().marks.read(marked?.mark ?? '')).toEqual({ state: 'active', intent: latest });
        await endForGood(latest);
      });
    });

    describe('a runner that is killed', () => {
      it('before any step of giving is followed by one that completes it', async () => {
        const wish = wishFor(await system.newPrincipal());
        for (let fatal = 1, killed = true; killed; fatal += 1) {
          const intent = await runner.plan(wish);
          killed = await isKilled(runner.apply(intent, { gate: new KillingGate(fatal) }));
          await runner.apply(intent);
          expect(await system.hasAccess(intent.principal, wish)).toBe(true);
          await endForGood(intent);
        }
      });

      it('before any step of giving is followed by one that undoes it', async () => {
        const wish = wishFor(await system.newPrincipal());
        for (let fatal = 1, killed = true; killed; fatal += 1) {
          const intent = await runner.plan(wish);
          killed = await isKilled(runner.apply(intent, { gate: new KillingGate(fatal) }));
          runner.passApplyWindow(intent);
          await runner.revert(intent);
          expect(await system.leftovers()).toEqual([]);
        }
        expect(await system.hasAccess(wish.principal ?? { kind: '', id: '' }, wish)).toBe(false);
      });

      it('before any step of taking away is followed by one that completes it', async () => {
        const wish = wishFor(await system.newPrincipal());
        for (let fatal = 1, killed = true; killed; fatal += 1) {
          const { intent } = await runner.grant(wish);
          killed = await isKilled(runner.revert(intent, { gate: new KillingGate(fatal) }));
          await runner.revert(intent);
          expect(await system.hasAccess(intent.principal, wish)).toBe(false);
          await endForGood(intent);
        }
      });

      it('before any step of removing a tombstone is followed by one that completes it', async () => {
        const wish = wishFor(await system.newPrincipal());
        for (let fatal = 1, killed = true; killed; fatal += 1) {
          const { intent } = await runner.grant(wish);
          await runner.revert(intent);
          runner.passApplyWindow(intent);
          killed = await isKilled(runner.revert(intent, { gate: new KillingGate(fatal) }));
          await runner.revert(intent);
          expect(await system.leftovers()).toEqual([]);
        }
      });
    });

    describe('two runners', () => {
      it('that race on one task give one access, and take it away', async () => {
        const wish = wishFor(await system.newPrincipal());
        const intent = await runner.plan(wish);
        const given = await Promise.allSettled([runner.apply(intent), runner.apply(intent)]);
        expect(given.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(0);
        await runner.apply(intent);
        expect(await system.hasAccess(intent.principal, wish)).toBe(true);
        const taken = await Promise.allSettled([runner.revert(intent), runner.revert(intent)]);
        expect(taken.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(0);
        await endForGood(intent);
      });

      it('that work on different requests do not disturb each other', async () => {
        const intents = await Promise.all(
          Array.from({ length: 6 }, async () => (await runner.grant(wishFor(await system.newPrincipal()))).intent),
        );
        for (const intent of intents) expect(await system.hasAccess(intent.principal, system.wish)).toBe(true);
        await Promise.all(intents.map((intent) => runner.revert(intent)));
        for (const intent of intents) expect(await system.hasAccess(intent.principal, system.wish)).toBe(false);
        const [last] = intents;
        if (last !== undefined) runner.passApplyWindow(last);
        await Promise.all(intents.map((intent) => runner.revert(intent)));
        expect(await system.leftovers()).toEqual([]);
      });
    });

    describe('marks', () => {
      it('list every access and every tombstone, authentic', async () => {
        const { intent: standing } = await runner.grant(wishFor(await system.newPrincipal()));
        const { intent: ended } = await runner.grant(wishFor(await system.newPrincipal()));
        await runner.revert(ended);
        const marks = await Promise.all((await runner.listMarked()).map(({ mark }) => runner.access().marks.read(mark)));
        expect(marks).toHaveLength(2);
        expect(marks).toEqual(
          expect.arrayContaining([
            { state: 'active', intent: standing },
            { state: 'revoked', intent: ended },
          ]),
        );
        runner.passApplyWindow(ended);
        await runner.revert(ended);
        await endForGood(standing);
        expect(await runner.listMarked()).toEqual([]);
      });

      it('of a revoked request refuse its replay', async () => {
        const { intent } = await runner.grant(wishFor(await system.newPrincipal()));
        await runner.revert(intent);
        await expect(runner.apply(intent)).rejects.toEqual(code('TASK_REJECTED'));
        expect(await system.hasAccess(intent.principal, system.wish)).toBe(false);
        await endForGood(intent);
        await expect(runner.apply(intent)).rejects.toEqual(code('TASK_REJECTED'));
        expect(await system.leftovers()).toEqual([]);
      });

      it('refuse a request that was revoked before it was carried out', async () => {
        const intent = await runner.plan(wishFor(await system.newPrincipal()));
        await runner.revert(intent);
        await expect(runner.apply(intent)).rejects.toEqual(code('TASK_REJECTED'));
        await endForGood(intent);
      });

      it("do not let somebody else's object pass for an access", async () => {
        const wish = wishFor(await system.newPrincipal());
        const stranger = new StateKey('the key of somebody else, 32 characters');
        const { intent: other } = await runner.grant(wishFor(await system.newPrincipal()));
        const intent = await runner.plan(wish);
        const own = runner.access().marks;
        const forged = [
          '',
          'a comment',
          await runner.access({ stateKey: stranger }).marks.write('active', intent),
          // Authentic, but of another request.
          await own.write('active', other),
          // Authentic, but says something else about this one.
          await own.write('active', { ...intent, permission: 'something else' }),
        ];
        for (const mark of forged) {
          await system.occupy(intent, mark);
          await expect(runner.apply(intent)).rejects.toEqual(code('CONFLICT'));
          await system.vacate(intent);
        }
        await runner.apply(intent);
        await runner.revert(other);
        await runner.revert(intent);
        runner.passApplyWindow(intent);
        await runner.revert(other);
        await endForGood(intent);
      });

      it('and names of an earlier state key still end their accesses', async () => {
        const { intent } = await runner.grant(wishFor(await system.newPrincipal()));
        const rotated = new StateKey('the next state key, 32 characters long', ['a state key of at least 32 characters']);
        const { intent: later } = await runner.grant(wishFor(await system.newPrincipal()), { stateKey: rotated });
        await runner.revert(intent, { stateKey: rotated });
        expect(await runner.verify(intent, { stateKey: rotated })).toMatchObject({ proved: true });
        await runner.revert(later, { stateKey: rotated });
        runner.passApplyWindow(later);
        await runner.revert(intent, { stateKey: rotated });
        await runner.revert(later, { stateKey: rotated });
        expect(await system.leftovers()).toEqual([]);
      });
    });

    it('takes any name that the vendor allows, of targets and principals', async () => {
      for (let index = 0; index < Math.max(system.hostileTargets.length, system.hostilePrincipalNames.length); index += 1) {
        const wish = { ...system.wish, target: system.hostileTargets[index] ?? system.wish.target };
        const principal = await system.newPrincipal(system.hostilePrincipalNames[index]);
        const { intent } = await runner.grant({ ...wish, principal });
        expect(await system.hasAccess(principal, wish)).toBe(true);
        await endForGood(intent);
        expect(await system.hasAccess(principal, wish)).toBe(false);
      }
    });

    if (dispenses) {
      describe('a temporary credential', () => {
        it('opens the target until it is revoked', async () => {
          const { intent, applied } = await runner.grant(system.wish);
          expect(await system.opens(applied.credential ?? {}, system.wish)).toBe(true);
          await runner.revert(intent);
          expect(await system.opens(applied.credential ?? {}, system.wish)).toBe(false);
          expect(await runner.verify(intent)).toMatchObject({ proved: true });
          await endForGood(intent);
        });

        it('is another one when it is asked for again; the last is valid', async () => {
          const { intent, applied } = await runner.grant(system.wish);
          const again = await runner.apply(intent);
          expect(again.credential).not.toEqual(applied.credential);
          expect(await system.opens(again.credential ?? {}, system.wish)).toBe(true);
          await endForGood(intent);
        });

        it('ends by itself a little after the runner would end it', async () => {
          if (integration.declaration.nativeExpiry.ends === 'nothing') return;
          const { intent } = await runner.grant(system.wish);
          const expiry = (await system.nativeExpiry(intent)) ?? 0;
          expect(expiry).toBeGreaterThan(intent.expiresAt);
          expect(expiry).toBeLessThanOrEqual(intent.expiresAt + 300);
          await runner.extend({ ...intent, expiresAt: intent.expiresAt + 1000 });
          expect(await system.nativeExpiry(intent)).toBe(expiry + 1000);
          await endForGood(intent);
        });

        it('is made or undone whole, wherever the runner is killed', async () => {
          for (let fatal = 1, killed = true; killed; fatal += 1) {
            const intent = await runner.plan(system.wish);
            killed = await isKilled(runner.apply(intent, { gate: new KillingGate(fatal) }));
            const { credential } = await runner.apply(intent);
            expect(await system.opens(credential ?? {}, system.wish)).toBe(true);
            await isKilled(runner.revert(intent, { gate: new KillingGate(fatal) }));
            await runner.revert(intent);
            expect(await system.opens(credential ?? {}, system.wish)).toBe(false);
            await endForGood(intent);
          }
        });
      });
    }

    describe('collection', () => {
      it('is complete and the same, whatever the size of its pages', async () => {
        const principal = await system.newPrincipal();
        await system.giveByHand(principal, system.wish);
        const whole = await runner.collectAll(10_000);
        for (const item of whole.items) expect(itemSchema.parse(item)).toEqual(item);
        expect(whole.items).toContainEqual(expect.objectContaining({ item: 'principal', principal: principalSchema.parse(principal) }));
        expect(whole.items).toContainEqual({ item: 'target', target: system.wish.target });
        expect(whole.items).toContainEqual(expect.objectContaining({ item: 'assignment', principal }));
        const texts = whole.items.map((item) => JSON.stringify(item));
        expect(new Set(texts).size).toBe(texts.length);
        for (const limit of [13, 60]) {
          const paged = await runner.collectAll(limit);
          expect(paged.items.map((item) => JSON.stringify(item)).sort()).toEqual([...texts].sort());
          for (const { next } of paged.pages) expect((next ?? '').length).toBeLessThan(4096);
        }
      });
    });

    it('lets no secret out: not into a log, an answer, an error or a mark', () => {
      expect(runner.leaks()).toEqual([]);
    });
  });
}

async function isKilled(work: Promise<unknown>): Promise<boolean> {
  try {
    await work;
    return false;
  } catch (error) {
    if (error instanceof Error && error.message === 'killed') return true;
    throw error;
  }
}
