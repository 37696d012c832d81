import { type AuditEvent, AuditFailure, type AuditTrail, type Recorded } from '../../../src/audit/trail/audit-trail.js';

/** A trail that keeps its records in memory, or refuses them. */
export class KeptTrail implements AuditTrail {
  readonly events: AuditEvent[] = [];
  failure: AuditFailure | undefined;

  refuse(): void {
    this.failure = new AuditFailure('the disk is full');
  }

  accept(): void {
    this.failure = undefined;
  }

  append(event: AuditEvent, recorded: Recorded): void {
    const { failure } = this;
    if (failure === undefined) this.events.push(event);
    setImmediate(() => recorded(failure));
  }

  record(event: AuditEvent): Promise<void> {
    return new Promise((resolve, reject) => {
      this.append(event, (failure) => (failure === undefined ? resolve() : reject(failure)));
    });
  }

  status() {
    return { lastId: this.events.length, head: '0'.repeat(64), bytes: 0, sinks: [] };
  }

  async close(): Promise<void> {}

  /** `deliver ok`, `error SECRET_NOT_FOUND`: what happened, in order. */
  get story(): string[] {
    return this.events.map(({ action, outcome }) => `${action} ${outcome}`);
  }
}
