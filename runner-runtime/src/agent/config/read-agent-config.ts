import { statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { isMap, isScalar, LineCounter, parseDocument, visit } from 'yaml';
import { AGENT_ENVIRONMENT, DEFAULT_AGENT_CONFIG, DEFAULT_AGENT_STATE } from '../../../../contract/agent.js';
import { textOrBase64 } from '../../config/inline-text.js';
import { SettingsError } from '../../config/settings.js';
import { PrivateFileError, readPrivateFile } from '../../operations/private-file.js';
import { type AgentSettings, agentSettingsSchema } from './agent-settings.js';
import { faultsOf, oneLine } from './config-faults.js';
import { contradictions } from './contradictions.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** Others may not read it (it names everything the host holds), and nobody but its owner may write it. */
const FORBIDDEN_MODE = 0o027;

/**
 * The configuration of an agent: of the named file, of the environment, of the default file, or all defaults where there is none of these.
 * @throws {SettingsError} naming every fault with its line
 */
export async function readAgentConfig(named: string | undefined, environment: Environment = process.env): Promise<AgentSettings> {
  const inline = environment[AGENT_ENVIRONMENT.inlineConfig];
  if (named === undefined && inline !== undefined && inline.trim() !== '') {
    const text = textOrBase64(inline, (yaml) => yaml.includes(':'));
    if (text === undefined)
      throw fault(AGENT_ENVIRONMENT.inlineConfig, 'is neither YAML nor its base64', 'Give the text of the configuration.');
    return parseAgentConfig(text, AGENT_ENVIRONMENT.inlineConfig);
  }
  const path = named ?? environment[AGENT_ENVIRONMENT.config];
  try {
    return parseAgentConfig(
      await readPrivateFile(path ?? DEFAULT_AGENT_CONFIG, { forbiddenMode: FORBIDDEN_MODE }),
      path ?? DEFAULT_AGENT_CONFIG,
    );
  } catch (error) {
    if (!(error instanceof PrivateFileError)) throw error;
    if (error.reason === 'missing' && path === undefined) return parseAgentConfig('{}', DEFAULT_AGENT_CONFIG);
    throw fault(error.path, `is refused (${error.reason})`, error.mend);
  }
}

/**
 * Parses a configuration.
 * @param source what it is called in messages
 * @throws {SettingsError}
 */
export function parseAgentConfig(text: string, source: string): AgentSettings {
  const lines = new LineCounter();
  // Keys are texts; a value is written where it stands, so that no alias multiplies it.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true });
  // A warning is about a tag that nobody knows: what it would mean must not be guessed.
  const [broken] = [...document.errors, ...document.warnings];
  if (broken !== undefined)
    throw fault(`${source} line ${lines.linePos(broken.pos[0]).line}`, `is no YAML (${broken.code})`, 'Mind indentation and quotes.');
  // The one name that a table cannot hold: it would be left out without a word.
  visit(document, {
    Pair: (_, { key }) => {
      if (isScalar(key) && key.value === '__proto__')
        throw fault(
          `__proto__ (${source} line ${lines.linePos(key.range?.[0] ?? 0).line})`,
          'is no name that is accepted',
          'Choose another.',
        );
    },
  });
  let raw: unknown;
  try {
    raw = document.toJS({ maxAliasCount: 0 }) ?? {};
  } catch {
    throw fault(source, 'uses aliases (*name)', 'Write the values out.');
  }
  const place = (path: readonly PropertyKey[]) => `${oneLine(path.map(String).join('.')) || 'the whole'} (${source} line ${lineOf(path)})`;
  const lineOf = (path: readonly PropertyKey[]): number => {
    for (let depth = path.length; depth > 0; depth -= 1) {
      const parent = depth === 1 ? document.contents : document.getIn(path.slice(0, depth - 1), true);
      const pair = isMap(parent) ? parent.items.find(({ key }) => String(key) === String(path[depth - 1])) : undefined;
      const node = (pair?.key ?? document.getIn(path.slice(0, depth), true)) as { range?: [number, number, number] } | undefined;
      if (node?.range !== undefined) return lines.linePos(node.range[0]).line;
    }
    return 1;
  };
  const parsed = agentSettingsSchema.safeParse(raw);
  if (!parsed.success) throw new SettingsError(parsed.error.issues.flatMap((issue) => faultsOf(issue, raw, place)));
  const contradicting = contradictions(parsed.data);
  if (contradicting.length > 0)
    throw new SettingsError(contradicting.map(({ path, found, mend }) => ({ variable: place(path), found, mend })));
  return parsed.data;
}

/**
 * Where the agent keeps what must outlast it: pairing identity, hashed tokens, audit trail. By the configuration, by the unit
 * (`$STATE_DIRECTORY`), the unit's own folder for its user and for root, a folder of the user.
 * @param ofUnit folder of the unit, which commands beside it must find without its environment
 */
export function stateFolder(
  { state }: Pick<AgentSettings, 'state'>,
  environment: Environment = process.env,
  ofUnit = DEFAULT_AGENT_STATE,
): string {
  // systemd gives a list where a unit has several.
  const given = environment['STATE_DIRECTORY']?.split(':')[0];
  if (state !== undefined) return state;
  if (given !== undefined && given !== '') return given;
  if (isForThisUser(ofUnit)) return ofUnit;
  if (process.platform === 'win32') return join(environment['LOCALAPPDATA'] ?? homedir(), 'axiomrunner');
  return join(environment['XDG_STATE_HOME'] || join(homedir(), '.local', 'state'), 'axiomrunner');
}

/** For root, too, although it is refused there: its changes would not be the agent's to read, and elsewhere nobody would find them. */
function isForThisUser(folder: string): boolean {
  const user = process.getuid?.();
  const owner = statSync(folder, { throwIfNoEntry: false })?.uid;
  return user !== undefined && owner !== undefined && (user === 0 || user === owner);
}

function fault(variable: string, found: string, mend: string): SettingsError {
  return new SettingsError([{ variable, found, mend }]);
}
