import { type Result, requestIdSchema, resultSchema } from '@axiom-runner/protocol';
import { ApplicationFailure } from '@temporalio/common';
import { NativeConnection, Worker } from '@temporalio/worker';
import { readGroups } from '../groups.js';
import type { Home } from '../home/home.js';
import { assertListening, everyHalfLife, type LinkOptions, linkTarget } from './link.js';
import { installRuntime } from './runtime.js';
import { serverError } from './server-error.js';

/** What a server of results tells its owner. */
export interface ResultsServerOptions extends LinkOptions {
  /** A result was stored; not called again when the same one is delivered twice. */
  readonly onResult?: ((result: Result) => void) | undefined;
  /** A delivery was refused for good; says why, without its content. */
  readonly onRejected?: ((reason: string) => void) | undefined;
}

/** A running server of results. */
export interface ResultsServer {
  /** Resolves when it has stopped; rejects when it failed. */
  readonly finished: Promise<void>;
  /** Finishes the deliveries in hand and stops. Safe to call again. */
  stop(): Promise<void>;
}

/**
 * Serves the activity that takes results, and stores what it is given. Several may run at once: deliveries are
 * at least once, and a result is stored once.
 * @throws {ControlPlaneError} when the server cannot be reached or refuses the key
 */
export async function serveResults(home: Home, options: ResultsServerOptions = {}): Promise<ResultsServer> {
  const target = await linkTarget(home, options);
  await assertListening(target);
  installRuntime();
  try {
    const connection = await NativeConnection.connect({ address: target.address, tls: target.tls, apiKey: await target.apiKey() });
    const renewal = everyHalfLife(async () => connection.setApiKey(await target.apiKey()));
    const worker = await Worker.create({
      connection,
      namespace: target.namespace,
      taskQueue: home.settings.resultTaskQueue,
      activities: { [home.settings.resultActivityName]: (input: unknown) => takeResult(home, input, options) },
      shutdownGraceTime: '10s',
    }).catch(async (error) => {
      clearInterval(renewal);
      await connection.close();
      throw error;
    });
    const finished = worker.run().finally(async () => {
      clearInterval(renewal);
      await connection.close();
    });
    finished.catch(() => undefined); // whoever waits for it hears of it
    return {
      finished,
      stop: async () => {
        if (worker.getState() === 'RUNNING') worker.shutdown();
        await finished;
      },
    };
  } catch (error) {
    throw serverError(error, target);
  }
}

/**
 * Stores one delivery.
 * @throws {ApplicationFailure} non-retryable when it is not a result of this tenant; anything else is tried again by Temporal
 */
export async function takeResult(
  home: Home,
  input: unknown,
  { onResult, onRejected }: Pick<ResultsServerOptions, 'onResult' | 'onRejected'> = {},
): Promise<void> {
  const refuse = (reason: string): never => {
    onRejected?.(reason);
    throw ApplicationFailure.nonRetryable(reason, 'InvalidResult');
  };
  const parsed = resultSchema.safeParse(input);
  if (!parsed.success) {
    const places = parsed.error.issues.slice(0, 5).map((issue) => `${issue.path.map(String).join('.') || 'result'} (${issue.code})`);
    return refuse(`The result is malformed: ${places.join(', ')}.`);
  }
  const result = parsed.data;
  if (!requestIdSchema.safeParse(result.requestId).success) return refuse('The request id of the result is malformed.');
  if (result.tenantId !== home.settings.tenantId) return refuse('The result is of another tenant.');
  if (!(await readGroups(home)).some(({ id }) => id === result.runnerGroupId)) return refuse('The result is of an unknown runner group.');
  if (await home.results.append(result)) onResult?.(result);
}
