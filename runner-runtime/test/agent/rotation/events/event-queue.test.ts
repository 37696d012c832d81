import { createHash } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type AwsEmulator, startAwsEmulator } from '@axiom-runner/local-servers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type EventQueue, type EventQueueOptions, watchQueue } from '../../../../src/agent/rotation/events/event-queue.js';
import type { RotationEvent } from '../../../../src/agent/rotation/events/rotation-event.js';
import { asRoot } from '../../../secrets/aws-account.js';
import { leaveAws, useAws } from '../../../support/aws-environment.js';
import { EmulatedQueue } from '../emulated-queue.js';
import { aGate, MemoryLog, NETWORK } from '../support.js';
import { labelUpdated, serviceEvent, trailCall } from './secrets-manager-events.js';

describe('the queue of rotation events', () => {
  let emulator: AwsEmulator;
  let queues = 0;
  let queue: EmulatedQueue;
  let log: MemoryLog;
  let handled: { event: RotationEvent; again: boolean }[];
  let told: EventEmitter;
  let watch: EventQueue | undefined;

  beforeAll(async () => {
    emulator = await startAwsEmulator();
    useAws(emulator.environment);
  });
  afterAll(async () => {
    leaveAws();
    await emulator.stop();
  });
  beforeEach(async () => {
    queues += 1;
    queue = await EmulatedQueue.create(emulator, `rotation-${queues}`);
    log = new MemoryLog();
    handled = [];
    told = new EventEmitter();
    watch = undefined;
  });
  afterEach(async () => {
    await watch?.close();
    await queue.delete();
  });

  /** Watches the queue; what is handled is noted, and then given to `then`. */
  const watching = (then: (again: boolean) => Promise<void> = async () => undefined, more: Partial<EventQueueOptions> = {}) => {
    watch = watchQueue({
      settings: { queue_url: queue.url },
      network: NETWORK,
      log,
      handle: async (event, again) => {
        handled.push({ event, again });
        told.emit('handled');
        await then(again);
      },
      ...more,
    });
    return watch;
  };
  const untilHandled = async (count: number) => {
    while (handled.length < count) await once(told, 'handled');
  };

  it('hands over events of every kind, and deletes them', async () => {
    await queue.send(labelUpdated('a'), trailCall('PutSecretValue', 'b'), serviceEvent('RotationSucceeded', 'c'), { secret_id: 'd' });
    watching();
    await untilHandled(4);
    await queue.untilEmpty();
    const names = handled.map(({ event }) => event.id ?? event.names[0]);
    expect(names.sort()).toEqual(['a', 'arn:aws:secretsmanager:us-east-1:123456789012:secret:c-a1b2c3', 'b', 'd']);
    expect(handled.every(({ again }) => !again)).toBe(true);
  });

  it('gets what a rule of EventBridge sends when a secret gets a new value', async () => {
    await queue.followSecrets(emulator);
    watching();
    await asRoot(emulator, 'CreateSecret', { Name: 'prod/db', SecretString: 'canary' });
    await asRoot(emulator, 'PutSecretValue', { SecretId: 'prod/db', SecretString: 'canary' });
    await untilHandled(1);
    await queue.untilEmpty();
    const arn = expect.stringMatching(/^arn:aws:secretsmanager:us-east-1:123456789012:secret:prod\/db-.{6}$/);
    expect(handled[0]).toEqual({ event: { kind: 'changed', names: ['prod/db', arn] }, again: false });
  });

  it('deletes what nobody can read, and logs nothing of it', async () => {
    await queue.send('canary {', JSON.stringify({ canary: true }), 'canary'.repeat(40_000));
    watching();
    await queue.untilEmpty();
    expect(handled).toEqual([]);
    expect(log.lines.filter((line) => line.startsWith('a message that is no rotation event is deleted'))).toHaveLength(3);
    expect(log.text).not.toContain('canary');
  });

  it('leaves what could not be handled, and says when it comes again that it does', async () => {
    await queue.send({ secret_id: 'db' });
    watching(
      async (again) => {
        if (!again) throw new Error('canary of a failure');
      },
      { visibilitySeconds: 1 },
    );
    await untilHandled(2);
    await queue.untilEmpty();
    expect(handled.map(({ again }) => again)).toEqual([false, true]);
    expect(log.text).not.toContain('canary');
  });

  it('keeps an event to itself for as long as it is handled, and lets others pass', async () => {
    await queue.send({ secret_id: 'slow' });
    const slow = aGate();
    let first = true;
    watching(
      async () => {
        if (first) {
          first = false;
          await slow.passed;
        }
      },
      { visibilitySeconds: 2 },
    );
    await untilHandled(1);
    // Each takes a while to be handed out and deleted: together longer than the slow one is hidden at first.
    const until = Date.now() + 3_000;
    let others = 0;
    while (Date.now() < until) {
      await queue.send({ secret_id: `other-${others}` });
      others += 1;
      await untilHandled(1 + others);
    }
    slow.open();
    await queue.untilEmpty();
    expect(handled.filter(({ event }) => event.id === 'slow')).toHaveLength(1);
  });

  it('waits for the events at hand when it is closed, and deletes them', async () => {
    await queue.send({ secret_id: 'db' });
    const handling = aGate();
    const closing = watching(() => handling.passed);
    await untilHandled(1);
    const closed = closing.close();
    handling.open();
    await closed;
    expect(await queue.size()).toBe(0);
  });

  it('waits for no deletion that is never answered', async () => {
    const Body = JSON.stringify({ secret_id: 'db' });
    const message = { MessageId: 'one', ReceiptHandle: 'r', Body, MD5OfBody: createHash('md5').update(Body).digest('hex') };
    let received = false;
    const silent = createServer((request, response) => {
      if (received || !request.headers['x-amz-target']?.toString().endsWith('ReceiveMessage')) return;
      received = true;
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify({ Messages: [message] }));
    });
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = silent.address() as AddressInfo;
      const closing = watching(undefined, { settings: { queue_url: `http://127.0.0.1:${port}/1/silent` }, deleteMs: 200 });
      await untilHandled(1);
      await closing.close();
      expect(log.text).toContain('could not be deleted; it comes again');
    } finally {
      silent.closeAllConnections();
      silent.close();
    }
  });

  it('does not wait for further messages when it is closed', async () => {
    const closing = watching();
    await queue.send({ secret_id: 'db' });
    await untilHandled(1);
    await queue.untilEmpty();
    await closing.close();
  }, 15_000);

  it('tells once that the queue cannot be read, and goes on when it can', async () => {
    const missing = `${queue.url}-late`;
    let unavailable = 0;
    watching(undefined, {
      settings: { queue_url: missing },
      onUnavailable: async () => {
        unavailable += 1;
      },
      pauseMs: () => 20,
    });
    await log.until('"failures":3');
    expect(log.text).toContain('Check rotation.events.queue_url.');
    const late = await EmulatedQueue.create(emulator, `${queue.name}-late`);
    await late.send({ secret_id: 'db' });
    await untilHandled(1);
    expect(unavailable).toBe(1);
    expect(log.text).toContain('is read again');
    await watch?.close();
    await late.delete();
  });
});
