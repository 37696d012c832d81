import { z } from 'zod';

/** What a message asks for. */
export interface RotationEvent {
  /** `changed`: there may be a new value. `deleted`: there is none any more. `failed`: the vault could not rotate it. `none`: nothing to do. */
  readonly kind: 'changed' | 'deleted' | 'failed' | 'none';
  /** Names or ARNs of the vault, all of the same secret. */
  readonly names: readonly string[];
  /** Id as applications spell it; of messages of other senders. */
  readonly id?: string;
}

/** EventBridge's own limit of an event, bytes. */
const MOST_BYTES = 262_144;

const name = z.string().min(1).max(2_048);
/** Members of no interest may hold anything, even something else than the documentation says. */
const optionalName = name.optional().catch(undefined);
const members = <T extends z.ZodRawShape>(shape: T) => z.looseObject(shape).nullish().catch(undefined);

const plainSchema = z.strictObject({ secret_id: z.string().min(1).max(256) });

/** Moves of a label, without CloudTrail: https://docs.aws.amazon.com/secretsmanager/latest/userguide/event-detail-secret-label-updated-secretsmanager.html */
const labelSchema = z.looseObject({
  source: z.literal('aws.secretsmanager'),
  'detail-type': z.literal('Secret Label Updated'),
  resources: z.array(name).max(16).catch([]),
  detail: z.looseObject({ name, labelUpdated: z.string().max(256) }),
});

/**
 * What CloudTrail saw: https://docs.aws.amazon.com/secretsmanager/latest/userguide/cloudtrail_log_entries.html
 * A call names its secret in the request, and with its ARN in the answer (`aRN` by some); a rotation has neither, but `additionalEventData`.
 */
const trailSchema = z.looseObject({
  source: z.literal('aws.secretsmanager'),
  'detail-type': z.enum(['AWS API Call via CloudTrail', 'AWS Service Event via CloudTrail']),
  detail: z.looseObject({
    eventSource: z.literal('secretsmanager.amazonaws.com'),
    eventName: z.string().max(256),
    errorCode: z.string().nullish().catch('unreadable'),
    requestParameters: members({ secretId: optionalName }),
    responseElements: members({ arn: optionalName, aRN: optionalName }),
    additionalEventData: members({ SecretId: optionalName }),
  }),
});

/** By the type of the event rather than the type of its detail: rotations come as either. */
const KINDS: ReadonlyMap<string, RotationEvent['kind']> = new Map([
  ['CreateSecret', 'changed'],
  ['PutSecretValue', 'changed'],
  ['UpdateSecret', 'changed'],
  ['UpdateSecretVersionStage', 'changed'],
  ['RotateSecret', 'changed'],
  ['RotationSucceeded', 'changed'],
  ['RestoreSecret', 'changed'],
  ['DeleteSecret', 'deleted'],
  ['RotationFailed', 'failed'],
  ['RotationAbandoned', 'failed'],
]);

/**
 * Reads a message of the queue, which anybody may have written.
 * @returns `undefined` when it is none of those that are known
 */
export function readRotationEvent(body: string): RotationEvent | undefined {
  if (Buffer.byteLength(body) > MOST_BYTES) return undefined;
  let raw: unknown;
  try {
    raw = JSON.parse(body);
  } catch {
    return undefined;
  }
  const plain = plainSchema.safeParse(raw);
  if (plain.success) return { kind: 'changed', names: [], id: plain.data.secret_id };
  const label = labelSchema.safeParse(raw);
  if (label.success) {
    const { detail, resources } = label.data;
    return { kind: detail.labelUpdated === 'AWSCURRENT' ? 'changed' : 'none', names: [detail.name, ...resources] };
  }
  const trail = trailSchema.safeParse(raw);
  return trail.success ? ofTrail(trail.data.detail) : undefined;
}

function ofTrail(detail: z.output<typeof trailSchema>['detail']): RotationEvent | undefined {
  const { eventName, errorCode, requestParameters, responseElements, additionalEventData } = detail;
  const names = [requestParameters?.secretId, responseElements?.arn, responseElements?.aRN, additionalEventData?.SecretId].filter(
    (entry) => entry !== undefined,
  );
  // A call that was refused changed nothing.
  const refused = errorCode !== undefined && errorCode !== null;
  const kind = KINDS.get(eventName);
  if (kind === undefined || refused) return { kind: 'none', names: [] };
  return names.length === 0 ? undefined : { kind, names };
}
