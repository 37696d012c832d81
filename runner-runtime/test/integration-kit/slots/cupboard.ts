import { z } from 'zod';
import { byWay } from '../../../src/integration-kit/access-way.js';
import { listLedgerMarks } from '../../../src/integration-kit/ledger-marks.js';
import type { Lattice, SlotValue } from '../../../src/integration-kit/slots/lattice.js';
import { type SlotKind, type SlotState, slotStateSchema } from '../../../src/integration-kit/slots/slot.js';
import { slotLife } from '../../../src/integration-kit/slots/slot-life.js';
import type { Integration } from '../../../src/integrations/integration.js';

/** A system that is nothing but slots: what slotLife is tried on, without a vendor. */
export class Cupboard {
  readonly values = new Map<string, SlotValue>();
  /** Native expiry as last written, by slot. */
  readonly until = new Map<string, number | undefined>();
  /** Runs between a runner's decision and its write. */
  beforeWrite: () => Promise<void> = async () => undefined;
  /** Runs between the write and its answer. */
  afterWrite: () => Promise<void> = async () => undefined;
  /** How many reads after a write still show what stood before it. */
  lag = 0;
  #stale: { readonly slot: string; readonly value: SlotValue; left: number } | undefined;

  constructor(
    readonly lattice: Lattice,
    readonly expires = false,
  ) {}

  at(slot: string): SlotValue {
    return this.values.get(slot) ?? [];
  }

  readonly #kind: SlotKind<unknown> = {
    lattice: undefined as never, // replaced below: a field cannot read a parameter property yet
    expires: false,
    read: async (_, [slot = '']) => {
      if (this.#stale?.slot === slot && this.#stale.left > 0) {
        this.#stale.left -= 1;
        return this.#stale.value;
      }
      return this.at(slot);
    },
    write: async (access, [slot = ''], { to, until }) => {
      await this.beforeWrite();
      access.gate.check();
      this.#stale = { slot, value: this.at(slot), left: this.lag };
      this.values.set(slot, to);
      this.until.set(slot, until);
      await this.afterWrite();
    },
    describe: (value) => (value.length === 0 ? 'nothing' : value.join(', ')),
  };

  /** An integration whose targets are slots, and whose permissions are values: `Read`, or several separated by `+`. */
  get integration(): Integration<unknown, SlotState> {
    const kind = { ...this.#kind, lattice: this.lattice, expires: this.expires };
    return {
      type: 'github',
      declaration: {
        targets: [{ kind: 'slot', path: ['slot'] }],
        permissions: [{ name: '*', targets: ['slot'], isolation: 'shared-slot', meaning: 'Whatever is put there.' }],
        principals: [{ kind: 'user', meaning: 'Anybody.' }],
        dispenses: [],
        nativeExpiry: { ends: 'nothing', how: '' },
        checks: [],
      },
      secretSchema: z.unknown(),
      stateSchema: slotStateSchema,
      testConnection: async () => [],
      collect: async () => ({ items: [], warnings: [] }),
      ...byWay(
        {
          slot: {
            ...slotLife(kind),
            plan: async (_, { target, permission, principal }) => ({
              principal: principal ?? { kind: 'user', id: 'nobody' },
              state: { way: 'slot', slot: [target.path[0] ?? ''], value: permission.split('+').sort() },
            }),
          },
        },
        () => 'slot',
      ),
      listMarked: listLedgerMarks,
    };
  }
}
