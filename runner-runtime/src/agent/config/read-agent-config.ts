import { homedir } from 'node:os';
import { join } from 'node:path';
import { isMap, LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { AGENT_ENVIRONMENT, DEFAULT_AGENT_CONFIG } from '../../../../contract/agent.js';
import { textOrBase64 } from '../../config/inline-text.js';
import { type SettingFault, SettingsError } from '../../config/settings.js';
import { PrivateFileError, readPrivateFile } from '../../operations/private-file.js';
import { type AgentSettings, agentSettingsSchema } from './agent-settings.js';
import { contradictions } from './contradictions.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** Others may not read it (it names everything the host holds), and nobody but its owner may write it. */
const FORBIDDEN_MODE = 0o027;
const SHOWN_LENGTH = 60;
const DOCS = 'docs/agent-configuration.md lists every setting.';

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
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, maxAliasCount: 0 } as Parameters<
    typeof parseDocument
  >[1]);
  const [broken] = document.errors;
  if (broken !== undefined)
    throw fault(`${source} line ${lines.linePos(broken.pos[0]).line}`, `is no YAML (${broken.code})`, 'Mind indentation and quotes.');
  let raw: unknown;
  try {
    raw = document.toJS({ maxAliasCount: 0 }) ?? {};
  } catch {
    throw fault(source, 'uses aliases (*name)', 'Write the values out.');
  }
  const place = (path: readonly PropertyKey[]) => `${path.map(String).join('.') || 'the whole'} (${source} line ${lineOf(path)})`;
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

/** Where the agent keeps what must outlast it: pairing identity, hashed tokens, audit trail. */
export function stateFolder({ state }: Pick<AgentSettings, 'state'>, environment: Environment = process.env): string {
  // systemd gives a list where a unit has several.
  const ofUnit = environment['STATE_DIRECTORY']?.split(':')[0];
  if (state !== undefined) return state;
  if (ofUnit !== undefined && ofUnit !== '') return ofUnit;
  if (process.platform === 'win32') return join(environment['LOCALAPPDATA'] ?? homedir(), 'axiomrunner');
  return join(environment['XDG_STATE_HOME'] || join(homedir(), '.local', 'state'), 'axiomrunner');
}

function faultsOf(issue: z.core.$ZodIssue, raw: unknown, place: (path: readonly PropertyKey[]) => string): SettingFault[] {
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(issue.path);
    return issue.keys.map((key) => ({
      variable: place([...issue.path, key]),
      found: 'is no setting',
      mend: known.length === 0 ? DOCS : `There are here: ${known.join(', ')}. ${DOCS}`,
    }));
  }
  if (issue.code === 'invalid_key') {
    return [
      {
        variable: place(issue.path),
        found: 'is no name that is accepted',
        mend: `Allowed: ${issue.issues[0]?.message ?? 'another name'}.`,
      },
    ];
  }
  return [{ variable: place(issue.path), found: `is ${shown(valueAt(raw, issue.path))}`, mend: `Allowed: ${issue.message}.` }];
}

function shown(value: unknown): string {
  if (value === undefined) return 'missing';
  const text =
    typeof value === 'string'
      ? `"${value}"`
      : typeof value === 'object' && value !== null
        ? Array.isArray(value)
          ? 'a list'
          : 'a mapping'
        : String(value);
  return text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)}…` : text;
}

function valueAt(raw: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined),
    raw,
  );
}

type JsonSchema = {
  readonly properties?: Record<string, JsonSchema>;
  readonly items?: JsonSchema;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
};

/** The settings that stand beside each other at a place. */
function knownKeys(path: readonly PropertyKey[]): string[] {
  const schema = z.toJSONSchema(agentSettingsSchema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
  const variants = (one: JsonSchema): JsonSchema[] => [one, ...[...(one.anyOf ?? []), ...(one.oneOf ?? [])].flatMap(variants)];
  const below = path.reduce<JsonSchema[]>(
    (at, key) =>
      at.flatMap(variants).flatMap((one) => {
        const next = typeof key === 'number' ? one.items : (one.properties?.[String(key)] ?? one.additionalProperties);
        return typeof next === 'object' ? [next] : [];
      }),
    [schema],
  );
  return [...new Set(below.flatMap(variants).flatMap(({ properties = {} }) => Object.keys(properties)))];
}

function fault(variable: string, found: string, mend: string): SettingsError {
  return new SettingsError([{ variable, found, mend }]);
}
