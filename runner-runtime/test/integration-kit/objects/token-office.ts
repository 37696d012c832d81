import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { byWay } from '../../../src/integration-kit/access-way.js';
import { listLedgerMarks } from '../../../src/integration-kit/ledger-marks.js';
import { objectLife } from '../../../src/integration-kit/objects/object-life.js';
import type { Integration } from '../../../src/integrations/integration.js';

export type OfficeState = { readonly way: string; readonly object: string };

/** A system that hands out tokens, each of them an object of its own and only to be ended by whoever has it: what objectLife is tried on. */
export class TokenOffice {
  /** Tokens that open, by the object that they belong to. */
  readonly tokens = new Map<string, Set<string>>();
  readonly expiries = new Map<string, number>();
  /** When what is handed out ends by itself, where it cannot be ended before, unix seconds. */
  keepUntil: number | undefined;
  /** Runs between making a token and telling of it. */
  afterMake: () => Promise<void> = async () => undefined;

  living(object: string): number {
    return this.tokens.get(object)?.size ?? 0;
  }

  get integration(): Integration<unknown, OfficeState> {
    const life = objectLife<unknown, OfficeState>({
      exists: async (_, { state }) => this.tokens.has(state.object),
      make: async (access, { state, expiresAt }, remembered) => {
        access.gate.check();
        const token = randomBytes(24).toString('base64url');
        const held = this.tokens.get(state.object) ?? new Set();
        // The one that was handed out before is not valid any more.
        if (typeof remembered === 'string') held.delete(remembered);
        this.tokens.set(state.object, held.add(token));
        this.expiries.set(state.object, expiresAt);
        await this.afterMake();
        return {
          credential: { token },
          actions: [`made ${state.object}`],
          remember: token,
          ...(this.keepUntil !== undefined && { keepUntil: this.keepUntil }),
        };
      },
      discard: async (_, remember) => {
        for (const held of this.tokens.values()) held.delete(String(remember));
      },
      extend: async (access, { state, expiresAt }) => {
        access.gate.check();
        this.expiries.set(state.object, expiresAt);
      },
      remove: async (access, { state }, remembered) => {
        access.gate.check();
        const held = this.tokens.get(state.object);
        held?.delete(String(remembered));
        if (held?.size === 0) this.tokens.delete(state.object);
        return { actions: [`removed ${state.object}`], warnings: [] };
      },
      prove: async (access, { state }) => ({
        observations: [
          { question: 'How many tokens open?', answer: String(this.living(state.object)), at: new Date(access.now()).toISOString() },
        ],
        proved: this.living(state.object) === 0,
        warnings: [],
      }),
    });
    return {
      type: 'github',
      declaration: {
        targets: [{ kind: 'office', path: ['office'] }],
        permissions: [{ name: 'Enter', targets: ['office'], isolation: 'object-per-grant', meaning: 'To come in.' }],
        principals: [{ kind: 'token', meaning: 'A temporary token.' }],
        dispenses: ['Enter'],
        nativeExpiry: { ends: 'nothing', how: '' },
        checks: [],
      },
      secretSchema: z.unknown(),
      stateSchema: z.strictObject({ way: z.string(), object: z.string() }),
      testConnection: async () => [],
      collect: async () => ({ items: [], warnings: [] }),
      ...byWay(
        {
          token: {
            ...life,
            plan: async ({ marks }, { requestId }) => {
              const object = marks.name(requestId, 'token');
              return { principal: { kind: 'token', id: object }, state: { way: 'token', object } };
            },
          },
        },
        () => 'token',
      ),
      listMarked: listLedgerMarks,
    };
  }
}
