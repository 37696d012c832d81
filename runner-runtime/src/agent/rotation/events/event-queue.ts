import { setTimeout as pause } from 'node:timers/promises';
import type { Message, SQSClient } from '@aws-sdk/client-sqs';
import type { NetworkSettings } from '../../../config/settings.js';
import type { Logger } from '../../../operations/logger.js';
import { httpsAgent } from '../../../operations/network.js';
import type { RotationSettings } from '../../config/agent-settings.js';
import { type RotationEvent, readRotationEvent } from './rotation-event.js';

/** What watching a queue needs. */
export interface EventQueueOptions {
  readonly settings: NonNullable<RotationSettings['events']>;
  readonly network: NetworkSettings;
  readonly log: Logger;
  /**
   * Handles an event; may be called for several at once, and for one event more than once.
   * @param again whether the message was handed out before: whoever had it may have died over it
   * @throws when the event shall come again
   */
  readonly handle: (event: RotationEvent, again: boolean) => Promise<void>;
  /** Told when the queue cannot be read any more, once until it can. */
  readonly onUnavailable?: () => Promise<void>;
  /** Seconds until a message whose handling failed, or whose handler died, is handed out again. @default 60 */
  readonly visibilitySeconds?: number | undefined;
  /** Time until the next try to read the queue. @default 1 s, doubled up to 60 s, and up to a fifth more at random */
  readonly pauseMs?: (failures: number) => number;
  /** Longest time of a deletion with its repetitions, ms: an agent that stops waits for it. @default 10 s */
  readonly deleteMs?: number;
}

/** A queue that is being watched. */
export interface EventQueue {
  /** Stops asking at once and waits for the events at hand. */
  close(): Promise<void>;
}

/** Longest that SQS lets a request wait for messages, seconds. */
const WAIT_SECONDS = 20;
const BATCH = 10;
/** Events that are handled at once; more stay in the queue. */
const MOST_AT_HAND = 100;
const VISIBILITY_SECONDS = 60;
const DELETE_MS = 10_000;
const LONGEST_PAUSE_MS = 60_000;

/** Takes events from an SQS queue until it is closed. A message is deleted when it was handled, or when nobody can read it. */
export function watchQueue(options: EventQueueOptions): EventQueue {
  const queue = new SqsEventQueue(options);
  return { close: () => queue.close() };
}

class SqsEventQueue implements EventQueue {
  readonly #stop = new AbortController();
  readonly #atHand = new Set<Promise<void>>();
  readonly #watching: Promise<void>;
  #failures = 0;

  constructor(private readonly options: EventQueueOptions) {
    this.#watching = this.#watch().catch(() => options.log.error('rotation events cannot be watched: the AWS SDK did not load'));
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#watching;
  }

  async #watch(): Promise<void> {
    const { signal } = this.#stop;
    const client = await openClient(this.options);
    while (!signal.aborted) {
      try {
        for (const message of await this.#receive(client)) this.#take(client, message);
        while (this.#atHand.size >= MOST_AT_HAND) await Promise.race(this.#atHand);
      } catch (error) {
        if (!signal.aborted) await this.#failed(error);
      }
    }
    await Promise.all(this.#atHand);
    client.destroy();
  }

  async #receive(client: SQSClient): Promise<Message[]> {
    const { ReceiveMessageCommand } = await import('@aws-sdk/client-sqs');
    const { Messages = [] } = await client.send(
      new ReceiveMessageCommand({
        QueueUrl: this.options.settings.queue_url,
        MaxNumberOfMessages: BATCH,
        WaitTimeSeconds: WAIT_SECONDS,
        VisibilityTimeout: this.#visibilitySeconds,
        MessageSystemAttributeNames: ['ApproximateReceiveCount'],
      }),
      { abortSignal: this.#stop.signal },
    );
    if (this.#failures > 0) this.options.log.info('the queue of rotation events is read again');
    this.#failures = 0;
    return Messages;
  }

  async #failed(error: unknown): Promise<void> {
    const { log, onUnavailable, pauseMs = defaultPause } = this.options;
    this.#failures += 1;
    log.error('the queue of rotation events cannot be read', { ...faultOf(error), failures: this.#failures });
    if (this.#failures === 1) await onUnavailable?.();
    await pause(pauseMs(this.#failures), undefined, { signal: this.#stop.signal }).catch(() => undefined);
  }

  #take(client: SQSClient, message: Message): void {
    const work = this.#handle(client, message).finally(() => this.#atHand.delete(work));
    this.#atHand.add(work);
  }

  /** Never rejects. */
  async #handle(client: SQSClient, { Body = '', MessageId, ReceiptHandle, Attributes }: Message): Promise<void> {
    const { log, handle, deleteMs = DELETE_MS } = this.options;
    const event = readRotationEvent(Body);
    if (event === undefined) {
      // Left alone it would come again and again.
      log.warn('a message that is no rotation event is deleted', { message: MessageId, bytes: Buffer.byteLength(Body) });
    } else {
      const keepHidden = this.#keepHidden(client, ReceiptHandle);
      try {
        await handle(event, Number(Attributes?.ApproximateReceiveCount ?? 1) > 1);
      } catch {
        log.warn('a rotation event could not be handled; it comes again', { message: MessageId });
        return;
      } finally {
        clearInterval(keepHidden);
      }
    }
    try {
      const { DeleteMessageCommand } = await import('@aws-sdk/client-sqs');
      const deletion = new DeleteMessageCommand({ QueueUrl: this.options.settings.queue_url, ReceiptHandle });
      await client.send(deletion, { abortSignal: AbortSignal.timeout(deleteMs) });
    } catch (error) {
      log.warn('a rotation event could not be deleted; it comes again', { message: MessageId, ...faultOf(error) });
    }
  }

  /** A hook that is tried for minutes must not make the message show up again. */
  #keepHidden(client: SQSClient, receipt: string | undefined): NodeJS.Timeout {
    const extend = async () => {
      const { ChangeMessageVisibilityCommand } = await import('@aws-sdk/client-sqs');
      const QueueUrl = this.options.settings.queue_url;
      await client.send(
        new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle: receipt, VisibilityTimeout: this.#visibilitySeconds }),
      );
    };
    // At worst it is handled twice, which is allowed for.
    return setInterval(() => void extend().catch(() => undefined), (this.#visibilitySeconds * 1000) / 3).unref();
  }

  get #visibilitySeconds(): number {
    return this.options.visibilitySeconds ?? VISIBILITY_SECONDS;
  }
}

/** The SDK is heavy: only an agent with a queue loads it. */
async function openClient({ settings: { queue_url, region }, network }: EventQueueOptions): Promise<SQSClient> {
  const [{ SQSClient }, { NodeHttpHandler }] = await Promise.all([import('@aws-sdk/client-sqs'), import('@smithy/node-http-handler')]);
  const { origin, hostname } = new URL(queue_url);
  const where = region ?? regionOf(hostname);
  return new SQSClient({
    endpoint: origin,
    ...(where === undefined ? {} : { region: where }),
    maxAttempts: 3,
    requestHandler: new NodeHttpHandler({
      httpsAgent: httpsAgent(network),
      connectionTimeout: 5_000,
      requestTimeout: (WAIT_SECONDS + 15) * 1000,
    }),
  });
}

/** `us-east-1` of `sqs.us-east-1.amazonaws.com` and of the names of VPC endpoints. */
function regionOf(hostname: string): string | undefined {
  return /(?:^|\.)sqs(?:-fips)?\.([a-z]{2}[a-z0-9-]+)\./.exec(hostname)?.[1];
}

function defaultPause(failures: number): number {
  return Math.min(LONGEST_PAUSE_MS, 1_000 * 2 ** (failures - 1)) * (1 + Math.random() / 5);
}

/** Names of errors of SQS: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html#API_ReceiveMessage_Errors */
function faultOf(error: unknown): { fault: string; mend: string } {
  const fault = error instanceof Error && /^[A-Za-z.]{1,80}$/.test(error.name) ? error.name : 'unknown error';
  if (/NonExistentQueue|QueueDoesNotExist/.test(fault)) return { fault, mend: 'Check rotation.events.queue_url.' };
  if (/Denied|Token|Signature|Credentials/.test(fault)) {
    const actions = 'sqs:ReceiveMessage, sqs:DeleteMessage and sqs:ChangeMessageVisibility';
    return { fault, mend: `Allow ${actions} on the queue, and kms:Decrypt on its key, to the agent's role.` };
  }
  return { fault, mend: 'Check the route to SQS (VPC endpoint, proxy); the agent tries again.' };
}
