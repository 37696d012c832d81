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

/** Waits for work until the signal is aborted, whether or not the work heeds it. @throws the signal's reason once it is */
export async function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  let leave: () => void = () => undefined;
  const gone = new Promise<never>((_, reject) => {
    leave = () => reject(signal.reason);
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave, { once: true });
  });
  work.catch(() => undefined);
  try {
    return await Promise.race([work, gone]);
  } finally {
    signal.removeEventListener('abort', leave);
  }
}
