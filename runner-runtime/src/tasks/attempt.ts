import type { StepSubject } from '../audit/step-record.js';
import type { EffectGate } from '../integrations/integration.js';

/** One attempt at an activity, as the activity sees it. */
export interface Attempt {
  /** The workflow that the server says it is for; compared with what is signed. */
  readonly workflowId: string;
  readonly gate: EffectGate;
  readonly signal: AbortSignal;
  /** Says what the attempt is about, once that is verified. */
  describe(subject: StepSubject): void;
  /** Adds facts to the audit record. */
  note(facts: Readonly<Record<string, unknown>>): void;
}
