import { RunnerError } from '../../../errors.js';

/**
 * Gives work its time, after which its signal is aborted.
 * @param timeMs     milliseconds
 * @param controller aborts the work earlier
 */
export async function inTime<T>(timeMs: number, controller: AbortController, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const late = () => controller.abort(new RunnerError('TARGET_UNREACHABLE', 'The system did not answer in the time that it gets.'));
  const timer = setTimeout(late, timeMs);
  try {
    controller.signal.throwIfAborted();
    return await work(controller.signal);
  } finally {
    clearTimeout(timer);
  }
}
