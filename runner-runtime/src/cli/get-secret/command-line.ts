import { parseArgs } from 'node:util';
import { AGENT_SECRET_ID_MAX_LENGTH, AGENT_SECRET_ID_PATTERN } from '../../../../contract/agent.js';
import { EXIT_USAGE } from '../../../../contract/exit-codes.js';
import { Failure, plain } from './failure.js';

/** Keys of the agent's answer, in its order. */
export const FIELDS = ['secret_id', 'username', 'password', 'expires_at'] as const;
export type Field = (typeof FIELDS)[number];

/** What becomes of the secret. */
export type Delivery =
  /** Printed as the agent sent it. */
  | { readonly as: 'json' }
  /** One value, printed as it is. */
  | { readonly as: 'field'; readonly field: Field }
  /** Lines of assignments. */
  | { readonly as: 'env' | 'dotenv'; readonly prefix: string }
  /** In the environment of a command. */
  | { readonly as: 'exec'; readonly prefix: string; readonly command: string; readonly args: readonly string[] };

/** A command line, understood. */
export interface Asked {
  readonly id: string;
  readonly delivery: Delivery;
  readonly address: string | undefined;
  readonly tokenFile: string | undefined;
  readonly timeoutMs: number;
}

/** What stands before the names of variables. */
const DEFAULT_PREFIX = 'SECRET_';
const DEFAULT_TIMEOUT_SECONDS = 30;
const MAX_TIMEOUT_SECONDS = 600;

export const HELP = `Usage: segura-agent get-secret --id <id> [options]
       segura-agent get-secret --id <id> --exec [options] -- <command> [arguments...]

Asks the secret agent on this host for a secret and prints its answer:
  {"secret_id":"db-production","username":"...","password":"...","expires_at":"2025-05-30T18:00:00Z"}

Options:
  --id <id>            the secret
  --field <name>       print one value: secret_id, username, password or expires_at
  --format <format>    json; env: lines for eval "$(...)"; dotenv: lines for a .env file (default json)
  --exec               run the command behind -- with the secret in its environment only; nothing is printed
  --prefix <text>      what the names of variables begin with: <prefix>ID, USERNAME, PASSWORD, EXPIRES_AT (default ${DEFAULT_PREFIX})
  --address <address>  http://localhost:8787, https://host:port, or the path of the agent's socket
                       (default $SEGURA_AGENT_ADDRESS; else /run/axiomrunner/agent.sock where it can be opened; else http://localhost:8787)
  --token-file <path>  file of mode 0600 with the application's token
                       (default $SEGURA_AGENT_TOKEN; else the file $SEGURA_AGENT_TOKEN_FILE; else ~/.config/axiomrunner/token; else no token)
  --timeout <seconds>  how long to wait for the agent, 1 to ${MAX_TIMEOUT_SECONDS} (default ${DEFAULT_TIMEOUT_SECONDS})
  -h, --help           print this

Examples:
  DB_PASS=$(segura-agent get-secret --id db-production --field password)
  segura-agent get-secret --id db-production | jq -r .password
  eval "$(segura-agent get-secret --id db-production --format env --prefix DB_)"; echo "$DB_USERNAME"
  segura-agent get-secret --id db-production --exec -- ./report      reads $SECRET_USERNAME and $SECRET_PASSWORD

A certificate authority of your own for https: NODE_EXTRA_CA_CERTS=<pem file>.

Exit codes, with nothing on standard output unless it is 0:
  0 done, 1 refused or not found, 64 wrong command line, 69 agent or vault unavailable, 70 an unexpected answer,
  77 no token or a wrong one, 78 wrong local settings: an address or a token file.
  With --exec: the command's own, 128 + n when signal n ended it, 126 when it cannot be run, 127 when there is none.
`;

/** Understands a command line. @returns `undefined` when help is wanted. @throws {Failure} */
export function parseCommandLine(args: readonly string[]): Asked | undefined {
  const end = args.indexOf('--');
  const command = end === -1 ? undefined : args.slice(end + 1);
  const values = optionsOf(end === -1 ? args : args.slice(0, end));
  if (values.help === true) return undefined;
  const { id, address, 'token-file': tokenFile } = values;
  if (id === undefined) throw wrong('--id <id> is missing');
  if (id.length > AGENT_SECRET_ID_MAX_LENGTH || !new RegExp(AGENT_SECRET_ID_PATTERN).test(id)) {
    throw wrong(`--id is no id of a secret: 1 to ${AGENT_SECRET_ID_MAX_LENGTH} of A-Z a-z 0-9 _ + = . @ - and single slashes between them`);
  }
  return { id, delivery: deliveryOf(values, command), address, tokenFile, timeoutMs: timeoutOf(values.timeout) };
}

type Options = ReturnType<typeof optionsOf>;

function optionsOf(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  try {
    return parseArgs({
      args: [...args],
      options: {
        id: text,
        field: text,
        format: text,
        exec: flag,
        prefix: text,
        address: text,
        'token-file': text,
        timeout: text,
        help: { ...flag, short: 'h' },
      },
    }).values;
  } catch (error) {
    // Of Node's own words the first sentence: the rest is about code.
    throw wrong(plain(String((error as Error).message).split('. ')[0] ?? 'it cannot be understood'));
  }
}

function deliveryOf({ field, format = 'json', exec, prefix }: Options, command: readonly string[] | undefined): Delivery {
  const given = [field !== undefined && '--field', format !== 'json' && '--format', exec === true && '--exec'].filter(
    (name) => name !== false,
  );
  if (given.length > 1) throw wrong(`${given.join(' and ')} exclude each other`);
  if ((command !== undefined) !== (exec === true)) throw wrong('a command stands behind --exec --, and only there');
  if (prefix !== undefined && !/^[A-Za-z_][A-Za-z0-9_]{0,63}$/.test(prefix)) {
    throw wrong('--prefix is no beginning of a variable: letters, digits and _, not a digit first');
  }
  if (command !== undefined) {
    const [program, ...args] = command;
    if (program === undefined || program === '') throw wrong('there is no command behind --');
    return { as: 'exec', prefix: prefix ?? DEFAULT_PREFIX, command: program, args };
  }
  if (format === 'env' || format === 'dotenv') return { as: format, prefix: prefix ?? DEFAULT_PREFIX };
  if (prefix !== undefined) throw wrong('--prefix goes with --format env, --format dotenv and --exec');
  if (format !== 'json') throw wrong('--format is json, env or dotenv');
  if (field === undefined) return { as: 'json' };
  const known = FIELDS.find((name) => name === field);
  if (known === undefined) throw wrong(`--field is ${FIELDS.join(', ')}`);
  return { as: 'field', field: known };
}

function timeoutOf(text: string | undefined): number {
  if (text === undefined) return DEFAULT_TIMEOUT_SECONDS * 1_000;
  const seconds = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (seconds < 1 || seconds > MAX_TIMEOUT_SECONDS) throw wrong(`--timeout is a whole number of seconds, 1 to ${MAX_TIMEOUT_SECONDS}`);
  return seconds * 1_000;
}

function wrong(what: string): Failure {
  return new Failure(EXIT_USAGE, what, '"segura-agent get-secret --help" shows the options.');
}
