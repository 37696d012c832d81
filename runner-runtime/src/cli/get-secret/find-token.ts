import { homedir } from 'node:os';
import { join } from 'node:path';
import { AGENT_ENVIRONMENT } from '../../../../contract/agent.js';
import { EXIT_CONFIG } from '../../../../contract/exit-codes.js';
import { TOKEN_MAX_LENGTH } from '../../agent/applications/token.js';
import { PrivateFileError, type PrivateFileRules, readPrivateFile } from '../../operations/private-file.js';
import { Failure } from './failure.js';

/** An agent writes `token_file` for a group: as its own user, and readable by the group. */
const HANDED_OVER: PrivateFileRules = { forbiddenMode: 0o037, anyOwner: true };

/**
 * The application's token: of the file that was named, of the environment, of the file that the environment names, of the user's own file.
 * @returns `undefined` where there is none: the agent's socket may need none
 * @throws {Failure} for a file that others can read, that is missing though it was named, or that holds no token
 */
export async function findToken(
  named: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<string | undefined> {
  if (named !== undefined) return await read(named, HANDED_OVER);
  const token = environment[AGENT_ENVIRONMENT.token];
  if (token !== undefined && token !== '') return checked(token, AGENT_ENVIRONMENT.token);
  const file = environment[AGENT_ENVIRONMENT.tokenFile];
  if (file !== undefined && file !== '') return await read(file, HANDED_OVER);
  return await read(ownFile(environment), {}, true);
}

/** `~/.config/axiomrunner/token`, where the user's system keeps such things. */
function ownFile(environment: Readonly<Record<string, string | undefined>>): string {
  const home = environment['HOME'] || homedir();
  const folder = process.platform === 'win32' ? environment['APPDATA'] : environment['XDG_CONFIG_HOME'];
  return join(folder || join(home, '.config'), 'axiomrunner', 'token');
}

async function read(path: string, rules: PrivateFileRules, orNone = false): Promise<string | undefined> {
  let text: string;
  try {
    text = await readPrivateFile(path, { ...rules, maxBytes: 4_096 });
  } catch (error) {
    if (!(error instanceof PrivateFileError)) throw new Failure(EXIT_CONFIG, `the token file ${path} cannot be read`);
    if (orNone && error.reason === 'missing') return undefined;
    throw new Failure(EXIT_CONFIG, `the token file ${path} is refused (${error.reason})`, error.mend);
  }
  return checked(text.trim(), path);
}

/** What is no token must not get into a header. */
function checked(token: string, source: string): string {
  if (token.length <= TOKEN_MAX_LENGTH && /^[\x21-\x7e]+$/.test(token)) return token;
  throw new Failure(EXIT_CONFIG, `${source} holds no token`, 'Put there what "axiomrunner agent app add" printed, alone on its line.');
}
