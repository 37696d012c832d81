import { z } from 'zod';
import { RunnerError } from '../errors.js';
import { type Group, isOf } from '../guard/group-marks.js';
import type { StateKey } from '../guard/state-key.js';
import { type Intent, intentSchema } from '../integrations/intent.js';

/** Says that a collection's task came in time, so that it may go on after the task's own validity. */
const ticketSchema = z.strictObject({
  requestId: z.string(),
  tenantId: z.string(),
  runnerGroupId: z.string(),
  /** Unix seconds. */
  expiresAt: z.int(),
});
export type Ticket = z.infer<typeof ticketSchema>;

/** Reads and writes the documents that a runner hands to itself through the control plane. */
export class SealedDocuments {
  constructor(
    private readonly stateKey: StateKey,
    private readonly group: Group,
  ) {}

  sealIntent(intent: Intent): string {
    return this.stateKey.seal('intent', intent);
  }

  /**
   * @param workflowId request that the intent must belong to
   * @throws {RunnerError} `TASK_REJECTED` for what this group did not write for this request
   */
  openIntent(text: unknown, workflowId: string): Intent {
    const parsed = intentSchema.safeParse(this.#open(text, 'intent'));
    if (!parsed.success || parsed.data.requestId !== workflowId || !isOf(parsed.data, this.group, parsed.data.system)) throw forged();
    return parsed.data;
  }

  sealTicket(requestId: string, expiresAt: number): string {
    const { tenantId, runnerGroupId } = this.group;
    return this.stateKey.seal('ticket', { requestId, tenantId, runnerGroupId, expiresAt } satisfies Ticket);
  }

  /**
   * @param nowMs unix milliseconds
   * @throws {RunnerError} `TASK_REJECTED` for a ticket of somebody else, or one that has expired
   */
  openTicket(text: unknown, workflowId: string, nowMs: number): Ticket {
    const parsed = ticketSchema.safeParse(this.#open(text, 'ticket'));
    const { tenantId, runnerGroupId } = this.group;
    if (
      !parsed.success ||
      parsed.data.requestId !== workflowId ||
      parsed.data.tenantId !== tenantId ||
      parsed.data.runnerGroupId !== runnerGroupId
    )
      throw forged();
    if (parsed.data.expiresAt * 1000 <= nowMs)
      throw new RunnerError('TASK_REJECTED', 'The collection took longer than a day.', { mend: 'Start it again.' });
    return parsed.data;
  }

  #open(text: unknown, type: 'intent' | 'ticket'): unknown {
    const opened = typeof text === 'string' ? this.stateKey.open(text) : undefined;
    return opened?.type === type ? opened.document : undefined;
  }
}

function forged(): RunnerError {
  return new RunnerError('TASK_REJECTED', 'The step carries a document that this runner group did not write for this request.', {
    mend: 'Check that all runners of the group share one state key (RUNNER_STATE_KEY_SECRET_ID).',
  });
}
