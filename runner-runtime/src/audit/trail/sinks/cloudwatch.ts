import type { CloudWatchLogsClient, InputLogEvent, PutLogEventsCommandOutput } from '@aws-sdk/client-cloudwatch-logs';
import type { Logger } from '../../../operations/logger.js';
import { linkOf } from '../record-line.js';
import { type AuditSink, SinkError } from './audit-sink.js';

type Sdk = typeof import('@aws-sdk/client-cloudwatch-logs');

export interface CloudWatchOptions {
  readonly logGroup: string;
  readonly logStream: string;
  /** Loads the SDK and makes the client; called with the first delivery. */
  readonly open: () => Promise<{ readonly sdk: Sdk; readonly client: CloudWatchLogsClient }>;
  readonly log: Logger;
}

/** Events of one request lie within 24 hours: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html */
const MOST_SPAN_MS = 23 * 3_600_000;

/**
 * Puts records into a stream of Amazon CloudWatch Logs, one event each. The stream, and the group where the role may, are made when missing.
 * Needs `logs:PutLogEvents` and `logs:CreateLogStream`, and `logs:CreateLogGroup` for a group that is not there.
 */
export function cloudWatchSink({ logGroup, logStream, open, log }: CloudWatchOptions): AuditSink {
  const names = { logGroupName: logGroup, logStreamName: logStream };
  let opened: ReturnType<CloudWatchOptions['open']> | undefined;
  let client: CloudWatchLogsClient | undefined;

  const put = async (events: readonly InputLogEvent[], signal: AbortSignal): Promise<PutLogEventsCommandOutput> => {
    opened ??= open();
    const { sdk, client: made } = await opened;
    client = made;
    const command = () => made.send(new sdk.PutLogEventsCommand({ ...names, logEvents: [...events] }), { abortSignal: signal });
    try {
      return await command();
    } catch (error) {
      if (!(error instanceof sdk.ResourceNotFoundException)) throw error;
      await createStream(sdk, made, signal);
      return await command();
    }
  };
  const createStream = async (sdk: Sdk, made: CloudWatchLogsClient, signal: AbortSignal): Promise<void> => {
    const stream = () => known(sdk, made.send(new sdk.CreateLogStreamCommand(names), { abortSignal: signal }));
    try {
      await stream();
    } catch (error) {
      if (!(error instanceof sdk.ResourceNotFoundException)) throw error;
      await known(sdk, made.send(new sdk.CreateLogGroupCommand({ logGroupName: logGroup }), { abortSignal: signal }));
      await stream();
    }
  };
  /** By the service's clock, as far as the SDK has found this host's to be wrong. */
  const serviceNow = () => Date.now() + (client?.config.systemClockOffset ?? 0);
  const putAll = async (events: readonly InputLogEvent[], signal: AbortSignal): Promise<void> => {
    for (const group of within(events, MOST_SPAN_MS)) {
      const { rejectedLogEventsInfo: refused } = await put(group, signal);
      if (refused === undefined) continue;
      // Such as records of a long outage: they are logged at the time of their arrival, and tell their own time themselves.
      const early = Math.max(refused.tooOldLogEventEndIndex ?? 0, refused.expiredLogEventEndIndex ?? 0);
      const late = refused.tooNewLogEventStartIndex ?? group.length;
      const again = group.filter((_, index) => index < early || index >= late).map(({ message }) => ({ message, timestamp: serviceNow() }));
      log.warn('audit records were too old or too new for their log group, and are logged as of now', { logGroup, records: again.length });
      if (again.length === 0) continue;
      const { rejectedLogEventsInfo: refusedAgain } = await put(again, signal);
      if (refusedAgain !== undefined) throw new SinkError('REJECTED_EVENTS', 'the log group takes these records at no time');
    }
  };
  return {
    name: `cloudwatch:${logGroup}/${logStream}`,
    send: (records, signal) => putAll(inOrder(records), signal),
    close: () => client?.destroy(),
  };
}

/** Events whose time never goes back, as the service demands: a clock may have been set. */
function inOrder(records: readonly string[]): InputLogEvent[] {
  let latest = 0;
  return records.map((message) => {
    latest = Math.max(latest, Date.parse(linkOf(message)?.time ?? '') || 0);
    return { message, timestamp: latest };
  });
}

function within(events: readonly InputLogEvent[], spanMs: number): InputLogEvent[][] {
  const groups: InputLogEvent[][] = [];
  for (const event of events) {
    const group = groups.at(-1);
    if (group !== undefined && (event.timestamp ?? 0) - (group[0]?.timestamp ?? 0) <= spanMs) group.push(event);
    else groups.push([event]);
  }
  return groups;
}

/** Another may have made it meanwhile. */
async function known(sdk: Sdk, made: Promise<unknown>): Promise<void> {
  try {
    await made;
  } catch (error) {
    if (!(error instanceof sdk.ResourceAlreadyExistsException)) throw error;
  }
}
