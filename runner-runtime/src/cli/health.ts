import { get } from 'node:http';
import { DEFAULT_HEALTH_ADDRESS } from '../../../contract/environment.js';
import { EXIT_CONFIG, EXIT_FAILED, EXIT_OK, EXIT_UNAVAILABLE, EXIT_USAGE } from '../../../contract/exit-codes.js';
import { parseEnvFile } from '../config/env-file.js';

const HELP = `Usage: axiomrunner health [--env-file <path>]

Asks the runner on this host whether it takes tasks (GET /readyz). Made for exec probes: under 100 ms, no settings but RUNNER_HEALTH_ADDRESS.

Exit codes: 0 ready, 1 not ready, 69 no runner answers, 78 wrong settings.
`;

/** The command `health`. */
export async function health(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  readFile: (path: string) => string,
  print: (text: string) => void,
): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    print(HELP);
    return EXIT_OK;
  }
  const at = args.indexOf('--env-file');
  const path = at < 0 ? undefined : args[at + 1];
  if (args.length !== (at < 0 ? 0 : 2) || (at >= 0 && path === undefined)) {
    print(HELP);
    return EXIT_USAGE;
  }
  const notReady = (error: string) => print(`${JSON.stringify({ ready: false, error })}\n`);
  let file: Readonly<Record<string, string>> = {};
  try {
    if (path !== undefined) file = parseEnvFile(readFile(path)).variables;
  } catch {
    notReady(`${path} cannot be read`);
    return EXIT_CONFIG;
  }
  const address = environment['RUNNER_HEALTH_ADDRESS']?.trim() || file['RUNNER_HEALTH_ADDRESS'] || DEFAULT_HEALTH_ADDRESS;
  if (address === 'off') {
    notReady('RUNNER_HEALTH_ADDRESS is off: nothing can be asked. Set it to a loopback host:port, or probe nothing');
    return EXIT_UNAVAILABLE;
  }
  if (!URL.canParse(`http://${address}/readyz`)) {
    notReady(`RUNNER_HEALTH_ADDRESS is "${address}", not host:port`);
    return EXIT_CONFIG;
  }
  return new Promise((resolve) => {
    const request = get(`http://${address}/readyz`, { timeout: 2_000, agent: false }, (response) => {
      response.setEncoding('utf8').on('data', print);
      response.on('end', () => resolve(response.statusCode === 200 ? EXIT_OK : EXIT_FAILED));
      response.on('error', () => resolve(EXIT_UNAVAILABLE));
    });
    request.on('timeout', () => request.destroy(new Error('time-out')));
    request.on('error', () => {
      notReady(`no runner answers at ${address}`);
      resolve(EXIT_UNAVAILABLE);
    });
  });
}
