import { get } from 'node:http';
import { DEFAULT_HEALTH_ADDRESS } from '../../../contract/environment.js';
import { EXIT_CONFIG, EXIT_FAILED, EXIT_OK, EXIT_UNAVAILABLE, EXIT_USAGE } from '../../../contract/exit-codes.js';
import { parseEnvFile } from '../config/env-file.js';

const HELP = `Usage: axiomrunner health [--alive] [--env-file <path>]

Asks the runner on this host whether it takes tasks (GET /readyz), or with --alive whether its process answers (GET /healthz). Made for exec probes: under 100 ms, no settings but RUNNER_HEALTH_ADDRESS.

Exit codes: 0 yes, 1 no, 69 no runner answers, 78 wrong settings.
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
  const asked = parse(args);
  if (asked === undefined) {
    print(HELP);
    return EXIT_USAGE;
  }
  const { path, question } = asked;
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
  const url = `http://${address}${question}`;
  if (!URL.canParse(url)) {
    notReady(`RUNNER_HEALTH_ADDRESS is "${address}", not host:port`);
    return EXIT_CONFIG;
  }
  return new Promise((resolve) => {
    const request = get(url, { timeout: 2_000, agent: false }, (response) => {
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

/** What a command line asks; `undefined` when it is wrong. */
function parse(args: readonly string[]): { readonly path: string | undefined; readonly question: string } | undefined {
  const others = args.filter((arg) => arg !== '--alive');
  const [option, path, ...rest] = others;
  const known = option === undefined || (option === '--env-file' && path !== undefined && rest.length === 0);
  return known ? { path, question: others.length === args.length ? '/readyz' : '/healthz' } : undefined;
}
