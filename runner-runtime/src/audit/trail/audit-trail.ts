/** What happened, without any value of a secret. */
export interface AuditEvent {
  /** `fetch`: from a vault. `rotate`: a new version took the place of another. `deliver`: to an application or a hook. `error`: a refusal. */
  readonly action: 'fetch' | 'rotate' | 'deliver' | 'error';
  /** Name of the application, or `hook:<name>`; absent before it is known. */
  readonly application?: string | undefined;
  /** Id of the secret, as applications spell it. */
  readonly secret?: string | undefined;
  readonly version?: string | undefined;
  /** Where the delivered value came from. `stale`: from the cache, past its TTL, because the vault did not answer. */
  readonly source?: 'cache' | 'vault' | 'stale' | undefined;
  /** `ok`, or the code of the problem. */
  readonly outcome: string;
  /** From the start of the request to this record, milliseconds with microseconds behind the point. */
  readonly latencyMs?: number | undefined;
  /** `127.0.0.1:50312`, `unix`, or the subject of a client certificate. */
  readonly peer?: string | undefined;
  /** How many alike this record stands for; absent for one. */
  readonly count?: number | undefined;
}

/** One record as it stands in the trail: one JSON object a line, chained by hashes. */
export interface AuditRecord extends AuditEvent {
  /** Consecutive number, from 1; names the record for sinks that may get it twice. */
  readonly id: number;
  /** RFC 3339 with milliseconds, UTC. */
  readonly time: string;
  /** Hash of the record before; of a first record, 64 zeros. */
  readonly previous: string;
  /** SHA-256, hexadecimal, over what stands before `,"hash":` in its line; {@link previous} is a part of that. */
  readonly hash: string;
}

/** Called when a record stands in the trail, or with the reason why it does not: then nothing may be delivered. */
export type Recorded = (failure: AuditFailure | undefined) => void;

/** Why no record can be written: a full disk, a full buffer of a sink that is away. */
export class AuditFailure extends Error {
  override readonly name = 'AuditFailure';

  constructor(
    message: string,
    /** What to do, one sentence. */
    readonly mend?: string,
  ) {
    super(message);
  }
}

/** How far a sink has got. */
export interface SinkStatus {
  /** Its kind and destination, such as `syslog:logs.example.com:6514`. */
  readonly name: string;
  /** Records in the trail that it has not got. */
  readonly behind: number;
  /** Since when it takes nothing, RFC 3339; absent while it takes records. */
  readonly since?: string | undefined;
  /** Why, such as `ECONNREFUSED` or `HTTP_503`; absent while it takes records. */
  readonly lastError?: string | undefined;
}

/** The state of a trail. */
export interface TrailStatus {
  /** Of the last record; 0 before the first. */
  readonly lastId: number;
  /** Its hash. With {@link lastId}, kept elsewhere, it proves later that nothing was cut off or written anew. */
  readonly head: string;
  /** Of all its files. */
  readonly bytes: number;
  readonly sinks: readonly SinkStatus[];
}

/** Takes records; no record, no delivery. */
export interface AuditTrail {
  /**
   * Writes a record with others of the same turn of the event loop. For the hot path: a callback rather than a promise.
   * @param recorded called once, later than this call returns
   */
  append(event: AuditEvent, recorded: Recorded): void;
  /** The same, as a promise. @throws {AuditFailure} */
  record(event: AuditEvent): Promise<void>;
  /** Why the last records were refused; absent while they are taken. Only another record finds out whether a disk is well again. */
  readonly failure: AuditFailure | undefined;
  status(): TrailStatus;
  /** Writes what waits, gives the sinks a moment to send the rest (what they have not sent stays on disk), closes the file. */
  close(): Promise<void>;
}
