import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CloudWatchLogsClient, CreateLogGroupCommand, GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { type AwsEmulator, startAwsEmulator } from '@axiom-runner/local-servers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { codeOf } from '../../../../src/audit/trail/sinks/audit-sink.js';
import { openAuditSinks } from '../../../../src/audit/trail/sinks/open-sinks.js';
import { leaveAws, useAws } from '../../../support/aws-environment.js';
import { DIRECT, deliver, lines } from '../support/receivers.js';
import { AT_ONCE, listeningLog, recordMany, TrailFolder, until, upTo } from '../support/trails.js';

let emulator: AwsEmulator;
let client: CloudWatchLogsClient;

beforeAll(async () => {
  emulator = await startAwsEmulator();
});
afterAll(() => emulator.stop());
beforeEach(() => {
  useAws(emulator.environment);
  client = new CloudWatchLogsClient({});
});
afterEach(() => {
  client.destroy();
  leaveAws();
});

async function cloudWatch(log_group: string, log = listeningLog()) {
  const [sink] = await openAuditSinks([{ type: 'cloudwatch', log_group, log_stream: 'host-1' }], DIRECT, log);
  if (sink === undefined) throw new Error('no sink was made');
  return sink;
}

async function messages(logGroupName: string): Promise<string[]> {
  const { events = [] } = await client.send(new GetLogEventsCommand({ logGroupName, logStreamName: 'host-1', startFromHead: true }));
  return events.map(({ message = '' }) => message);
}

describe('a log group of CloudWatch Logs', () => {
  it('is made with its stream when it is missing, and gets each record as an event at its time', async () => {
    const records = lines(3, { at: Date.now() - 5_000, stepMs: 10 });
    const sink = await cloudWatch('/axiom/made');
    expect(sink.name).toBe('cloudwatch:/axiom/made/host-1');
    await deliver(sink, records);
    await deliver(sink, lines(1, { first: 4 }));
    const { events = [] } = await client.send(
      new GetLogEventsCommand({ logGroupName: '/axiom/made', logStreamName: 'host-1', startFromHead: true }),
    );
    expect(events.slice(0, 3).map(({ message }) => message)).toEqual(records);
    expect(events.map(({ message = '' }) => JSON.parse(message).id)).toEqual([1, 2, 3, 4]);
    expect(events[0]?.timestamp).toBe(Date.parse(JSON.parse(records[0] ?? '').time));
  });

  it('that is there gets a stream', async () => {
    await client.send(new CreateLogGroupCommand({ logGroupName: '/axiom/there' }));
    await deliver(await cloudWatch('/axiom/there'), lines(2));
    expect((await messages('/axiom/there')).length).toBe(2);
  });

  it('gets a whole trail in order', async () => {
    const folder = await TrailFolder.make();
    try {
      const trail = await folder.open({ sinks: [await cloudWatch('/axiom/trail')], shipping: AT_ONCE, now: Date.now });
      await recordMany(trail, 60);
      await until(() => trail.status().sinks[0]?.behind === 0);
      expect((await messages('/axiom/trail')).map((line) => JSON.parse(line).id)).toEqual(upTo(60));
    } finally {
      await folder.remove();
    }
  });
});

/** What the service does and the emulator does not: it answers by a list, and keeps what it was sent. */
describe('the interface of CloudWatch Logs', () => {
  interface Put {
    readonly logEvents: readonly { readonly message: string; readonly timestamp: number }[];
  }
  let server: Server;
  let puts: Put[];
  let answers: (readonly [number, object])[];

  beforeEach(async () => {
    [puts, answers] = [[], []];
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        if (request.headers['x-amz-target']?.toString().endsWith('PutLogEvents')) puts.push(JSON.parse(Buffer.concat(chunks).toString()));
        const [status, body] = answers.shift() ?? [200, {}];
        response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    useAws({ ...emulator.environment, AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  const timesOf = ({ logEvents }: Put) => logEvents.map(({ timestamp }) => timestamp);

  it('gets times that never go back, and no more than 24 hours in one request', async () => {
    const hour = 3_600_000;
    const at = Date.now() - 40 * hour;
    const back = [...lines(2, { at }), ...lines(1, { first: 3, at: at - hour })];
    await deliver(await cloudWatch('/axiom/clock'), back);
    expect(puts.map(timesOf)).toEqual([[at, at, at]]);
    puts.length = 0;
    await deliver(await cloudWatch('/axiom/span'), lines(41, { at, stepMs: hour }));
    expect(puts.map((put) => put.logEvents.length)).toEqual([24, 17]);
    for (const put of puts) expect((timesOf(put).at(-1) ?? 0) - (timesOf(put)[0] ?? 0)).toBeLessThan(24 * hour);
  });

  it('that finds records too old or too new gets those as of now: none is dropped', async () => {
    const records = lines(6);
    answers = [[200, { rejectedLogEventsInfo: { tooOldLogEventEndIndex: 2, tooNewLogEventStartIndex: 5 } }]];
    const log = listeningLog();
    await deliver(await cloudWatch('/axiom/old', log), records);
    expect(puts[1]?.logEvents.map(({ message }) => message)).toEqual([records[0], records[1], records[5]]);
    expect(log.lines).toEqual([expect.stringContaining('as of now')]);
  });

  it('that refuses them as of now, too, has not received them', async () => {
    answers = Array(2).fill([200, { rejectedLogEventsInfo: { tooNewLogEventStartIndex: 0 } }]);
    expect(await deliver(await cloudWatch('/axiom/never'), lines(1)).catch(codeOf)).toBe('REJECTED_EVENTS');
  });

  it("gets records as of its own time where this host's clock is wrong", async () => {
    const behindMs = 3 * 3_600_000;
    server.on('request', (_, response) => response.setHeader('date', new Date(Date.now() - behindMs).toUTCString()));
    answers = [[200, { rejectedLogEventsInfo: { tooNewLogEventStartIndex: 0 } }]];
    await deliver(await cloudWatch('/axiom/ahead'), lines(1));
    expect(timesOf(puts[1] ?? { logEvents: [] })[0]).toBeLessThan(Date.now() - behindMs + 60_000);
  });

  it.each(['AccessDeniedException', 'InvalidParameterException'])('that answers %s has received nothing', async (name) => {
    answers = Array(4).fill([400, { __type: name, message: 'no' }]);
    const refused = await deliver(await cloudWatch('/axiom/refused'), lines(1)).catch(codeOf);
    expect(refused).toBe(name);
  });
});
