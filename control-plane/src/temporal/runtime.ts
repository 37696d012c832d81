import { DefaultLogger, makeTelemetryFilterString, Runtime } from '@temporalio/worker';

let isInstalled = false;

/** Leaves signals to the program (the SDK would stop every worker of the process by itself), and logs nothing but errors. */
export function installRuntime(): void {
  if (isInstalled) return;
  isInstalled = true;
  try {
    Runtime.install({
      shutdownSignals: [],
      logger: new DefaultLogger('ERROR'),
      telemetryOptions: { logging: { forward: {}, filter: makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' }) } },
    });
  } catch {
    // The program installed one of its own before: it stays.
  }
}
