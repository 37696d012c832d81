import { EXIT_OK } from '../../../../contract/exit-codes.js';
import { agentAddress } from './agent-address.js';
import { askAgent } from './ask-agent.js';
import { type Delivery, HELP, parseCommandLine } from './command-line.js';
import { Failure } from './failure.js';
import { findToken } from './find-token.js';
import { readAnswer, type Secret } from './read-answer.js';
import { dotenvLines, shellLines, variablesOf } from './variables.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where the command writes. */
export interface Output {
  /** Standard output: the secret, and nothing else ever. */
  readonly out: (text: string | Uint8Array) => void;
  /** Standard error. */
  readonly err: (text: string) => void;
}

/**
 * The command `get-secret`: asks the agent of this host for a secret. It loads Node's built-ins and these files only, because scripts call it
 * often.
 * @param args what stands behind `get-secret`
 * @param defaultSocket socket that is looked for when no address is given
 * @returns the exit code; unless it is 0, or the code of a command that was run, nothing was written to standard output
 */
export async function getSecret(
  args: readonly string[],
  environment: Environment,
  output: Output,
  defaultSocket?: string,
): Promise<number> {
  try {
    const asked = parseCommandLine(args);
    if (asked === undefined) {
      output.out(HELP);
      return EXIT_OK;
    }
    const { id, delivery, timeoutMs } = asked;
    const address = await agentAddress(asked.address, environment, defaultSocket);
    const token = await findToken(asked.tokenFile, environment);
    const secret = readAnswer(await askAgent(address, { id, token, timeoutMs }), token);
    if (secret.staleSeconds !== undefined) {
      output.err(`get-secret: the vault does not answer: this secret is ${secret.staleSeconds} s old\n`);
    }
    return await deliver(secret, delivery, environment, output);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    output.err(`get-secret: ${error.message}\n${error.mend === undefined || error.mend === '' ? '' : `  ${error.mend}\n`}`);
    return error.exitCode;
  }
}

async function deliver(secret: Secret, delivery: Delivery, environment: Environment, { out }: Output): Promise<number> {
  switch (delivery.as) {
    case 'json':
      out(Buffer.concat([secret.json, Buffer.from('\n')]));
      return EXIT_OK;
    case 'field':
      out(`${secret.fields[delivery.field]}\n`);
      return EXIT_OK;
    case 'env':
      out(shellLines(variablesOf(secret, delivery.prefix)));
      return EXIT_OK;
    case 'dotenv':
      out(dotenvLines(variablesOf(secret, delivery.prefix)));
      return EXIT_OK;
    case 'exec': {
      const { runWithSecret } = await import('./run-with-secret.js');
      return runWithSecret(delivery.command, delivery.args, variablesOf(secret, delivery.prefix), environment);
    }
  }
}
