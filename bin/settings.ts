import { readFileSync } from 'node:fs';
import { faultOf } from '../constructs/checks/setting-check';
import { withoutScheme } from '../constructs/roles/oidc-issuer';
import { HOSTS, type Host, SETTINGS, type Setting, type SettingName, settingNamed } from './setting-table';

/** The app's settings have names of their own among all the context of the CDK. */
export const CONTEXT_PREFIX = 'axiom:';
/** Context key that says where the runner runs. */
export const HOST_KEY = 'host';
/** Context key with the path of a JSON file of settings; what the context says itself goes first. */
export const FILE_KEY = `${CONTEXT_PREFIX}settings`;

/** One message that lists every wrong setting. */
export class SettingsError extends Error {}

/** A setting's value, by its kind. */
type ValueOf<S extends Setting> = S['kind'] extends 'number'
  ? number
  : S['kind'] extends 'flag'
    ? boolean
    : S['kind'] extends 'list'
      ? readonly string[]
      : string;

/** What the app is to deploy. What is left out has the default of its construct, or becomes a parameter of the template. */
export type AppSettings = { readonly host: Host } & { readonly [name in SettingName]?: ValueOf<(typeof SETTINGS)[name]> };

/** Names of all settings, with their prefix. */
export const CONTEXT_KEYS: readonly string[] = Object.keys(SETTINGS).map((name) => CONTEXT_PREFIX + name);

/** Reads a file; throws when it can't. */
export type ReadText = (path: string) => string;
const fromDisk: ReadText = (path) => readFileSync(path, 'utf8');

/**
 * Reads the settings from the context of the app, and from the file that it names.
 * @param context everything from cdk.json, cdk.context.json and `--context`
 * @throws SettingsError when a setting is unknown, missing, or breaks its rule
 */
export function readSettings(context: Readonly<Record<string, unknown>>, readText: ReadText = fromDisk): AppSettings {
  const faults: string[] = [];
  const host = hostOf(context[HOST_KEY], faults);
  const given = { ...settingsInFile(context[FILE_KEY], readText, faults), ...settingsInContext(context) };
  const read: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(given)) {
    const name = key.slice(CONTEXT_PREFIX.length);
    const setting = settingNamed(name);
    const fault = setting === undefined ? unknownSetting(key) : (misplaced(key, setting, host) ?? faultOfValue(key, setting, value));
    if (fault !== undefined) {
      faults.push(fault);
    } else if (setting !== undefined) {
      read[name] = parsedValue(key, setting, value, readText, faults);
    }
  }
  faults.push(...missingSettings(given, host), ...lonelySettings(given, host), ...publishedOnEks(given, host));
  if (faults.length > 0) {
    throw new SettingsError(['The settings in the context are wrong:', ...faults.map((fault) => `  ${fault}`)].join('\n'));
  }
  return { host, ...read } as AppSettings; // Each value was checked against its rule and has the type of its kind.
}

function hostOf(value: unknown = 'none', faults: string[]): Host {
  const host = HOSTS.find((name) => name === value);
  if (host === undefined) {
    faults.push(`${HOST_KEY} is ${JSON.stringify(value)}. Allowed: ${HOSTS.join(', ')}. Choose where the runner runs.`);
  }
  return host ?? 'none';
}

function settingsInContext(context: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(context).filter(([key]) => key.startsWith(CONTEXT_PREFIX) && key !== FILE_KEY));
}

function settingsInFile(path: unknown, readText: ReadText, faults: string[]): Record<string, unknown> {
  if (path === undefined) {
    return {};
  }
  try {
    const settings: unknown = JSON.parse(readText(String(path)));
    const entries = Object.entries(settings as object).filter(([name]) => name !== '$schema');
    return Object.fromEntries(entries.map(([name, value]) => [CONTEXT_PREFIX + name, value]));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    faults.push(`${FILE_KEY} is ${JSON.stringify(path)}, which cannot be read (${why}). Allowed: the path of a JSON file. Correct it.`);
    return {};
  }
}

function unknownSetting(key: string): string {
  return `${key} is not a setting. Allowed: ${CONTEXT_KEYS.join(', ')}. Correct its spelling or remove it.`;
}

function misplaced(key: string, { hosts }: Setting, host: Host): string | undefined {
  return hosts.includes(host)
    ? undefined
    : `${key} means nothing for ${HOST_KEY}=${host}. Allowed: with ${HOST_KEY} ${hosts.join(', ')}. Remove it, or choose another host.`;
}

function faultOfValue(key: string, { kind, rule }: Setting, value: unknown): string | undefined {
  if (kind === 'number') {
    return /^[0-9]{1,9}$/.test(String(value)) ? undefined : `${key} is ${JSON.stringify(value)}. Allowed: a whole number. Correct it.`;
  }
  if (kind === 'flag') {
    return /^(true|false)$/.test(String(value)) ? undefined : `${key} is ${JSON.stringify(value)}. Allowed: true, false. Choose one.`;
  }
  const texts = kind === 'list' && typeof value !== 'string' ? value : [value];
  const allowed = rule?.allowed ?? 'the path of a file';
  if (!Array.isArray(texts) || !texts.every((text) => typeof text === 'string')) {
    return `${key} is ${JSON.stringify(value)}, not a text. Allowed: ${allowed}. Put it in quotes.`;
  }
  if (texts.length === 0) {
    return `${key} is an empty list. Allowed: ${allowed}. Remove it, or name one.`;
  }
  const faulty = texts.flatMap((text) => (kind === 'list' ? itemsOf(text) : [text])).flatMap((text) => faultOfText(key, text, rule));
  return faulty[0];
}

function faultOfText(key: string, text: string, rule: Setting['rule']): string[] {
  if (rule === undefined) {
    return [];
  }
  const fault = faultOf(key.endsWith('oidcProviderUrl') ? withoutScheme(text) : text, rule);
  return fault === undefined ? [] : [`${key} is ${fault}. Allowed: ${rule.allowed}. ${rule.fix}`];
}

function parsedValue(key: string, { kind }: Setting, value: unknown, readText: ReadText, faults: string[]): unknown {
  switch (kind) {
    case 'number':
      return Number(value);
    case 'flag':
      return String(value) === 'true';
    case 'list':
      return Array.isArray(value) ? value.flatMap(itemsOf) : itemsOf(String(value));
    case 'file':
      return textOf(key, String(value), readText, faults);
    default:
      return value;
  }
}

function itemsOf(text: string): string[] {
  return text.split(',').map((item) => item.trim());
}

function textOf(key: string, path: string, readText: ReadText, faults: string[]): string {
  try {
    return readText(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    faults.push(`${key} is ${JSON.stringify(path)}, which cannot be read (${code}). Allowed: the path of a file. Correct it.`);
    return '';
  }
}

function missingSettings(given: Readonly<Record<string, unknown>>, host: Host): string[] {
  return Object.entries(SETTINGS).flatMap(([name, setting]: [string, Setting]) => {
    const key = CONTEXT_PREFIX + name;
    const missing = setting.requiredBy?.includes(host) === true && given[key] === undefined;
    return missing ? [`${key} is missing. ${setting.meaning} Add -c ${key}=… to the command, or set it in cdk.json.`] : [];
  });
}

/** There the published image takes its API key from a Kubernetes Secret, which no setting of the app names. */
function publishedOnEks({ [`${CONTEXT_PREFIX}image`]: image }: Readonly<Record<string, unknown>>, host: Host): string[] {
  const fix = 'Deploy the published image with the Helm chart.';
  return host === 'eks' && image === 'published'
    ? [`${CONTEXT_PREFIX}image is "published" with ${HOST_KEY}=eks. Allowed: asset, or an image in ECR by its digest. ${fix}`]
    : [];
}

/** Settings that mean nothing without another. */
function lonelySettings(given: Readonly<Record<string, unknown>>, host: Host): string[] {
  const pairs: readonly (readonly [SettingName, SettingName])[] = [
    ['alarmTopicArn', 'monitoring'],
    ...(host === 'none'
      ? []
      : ([
          ['proxyRoleArn', 'externalId'],
          ['externalId', 'proxyRoleArn'],
        ] as const)),
  ];
  const has = (name: SettingName) => given[CONTEXT_PREFIX + name] !== undefined;
  return pairs
    .filter(([name, other]) => has(name) && !has(other))
    .map(([name, other]) => `${CONTEXT_PREFIX}${name} means nothing without ${CONTEXT_PREFIX}${other}. Set both of them, or none.`);
}
