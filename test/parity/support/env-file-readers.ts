/** The variables that a text holds, by their names. */
export type Variables = Readonly<Record<string, string>>;

/** Who reads an env file, in its own way. Each throws on a line that it would refuse or skip. */
export const ENV_FILE_READERS: Readonly<Record<string, (text: string) => Promise<Variables>>> = {
  'the runner': asTheRunnerReads,
  docker: async (text) => asDockerReads(text),
  systemd: async (text) => asSystemdReads(text),
};

/** With the runner's own parser. */
async function asTheRunnerReads(text: string): Promise<Variables> {
  // The runtime is an ES module.
  const { parseEnvFile } = await import('../../../runner-runtime/src/config/env-file.js');
  const { variables, faultyLines } = parseEnvFile(text);
  if (faultyLines.length > 0) throw new Error(`the runner refuses the lines ${faultyLines.join(', ')}`);
  return variables;
}

/**
 * All behind the first `=` is the value as it is, quotes and blanks included. Only lines that begin with `#` are comments.
 * @see https://docs.docker.com/reference/cli/docker/container/run/#env
 */
export function asDockerReads(text: string): Variables {
  const variables: Record<string, string> = {};
  for (const raw of text.split(/\r?\n/)) {
    const line = raw.trimStart();
    if (line === '' || line.startsWith('#')) continue;
    const [, name, value] = /^([^=]*)=(.*)$/s.exec(line) ?? [];
    if (name === undefined || value === undefined) throw new Error(`docker would take ${line} from its own environment`);
    if (name === '' || /\s/.test(name)) throw new Error(`docker refuses the name in ${line}`);
    variables[name] = value;
  }
  return variables;
}

/**
 * As `EnvironmentFile=` of a unit: lines that begin with `#` or `;` are comments; a value loses blanks at its ends; a quote at its
 * beginning holds up to its match, line breaks included, and what follows is added; a backslash takes the next character as it is, and a
 * line break away; between double quotes it does so before `"`, `\`, `$` and backtick only. Nothing is expanded.
 * @see https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html#EnvironmentFile=
 */
export function asSystemdReads(text: string): Variables {
  const variables: Record<string, string> = {};
  let rest = text;
  while (rest !== '') {
    rest = rest.replace(/^[ \t\r\n]+/, '');
    if (/^[#;]/.test(rest)) {
      rest = rest.replace(/^(?:\\[\s\S]|[^\n])*/, '');
      continue;
    }
    const [start, name] = /^([^=\n]*)=/.exec(rest) ?? [];
    if (start === undefined || name === undefined) {
      if (rest !== '') throw new Error(`systemd ignores ${rest.split('\n', 1)[0]}`);
      break;
    }
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name.trimEnd())) throw new Error(`systemd ignores the name in ${start}`);
    const { value, behind } = systemdValue(rest.slice(start.length));
    variables[name.trimEnd()] = value;
    rest = behind;
  }
  return variables;
}

function systemdValue(text: string): { readonly value: string; readonly behind: string } {
  let value = '';
  let rest = text;
  // Quotes count only where a value, or what follows a closing quote, begins.
  for (let part = quoted(rest); part !== undefined; part = quoted(rest)) {
    value += part.value;
    rest = part.behind;
  }
  const [plain = ''] = /^(?:\\[\s\S]|[^\\\n\r])*/.exec(rest) ?? [];
  const kept = plain.replace(/(\\[\s\S])|[ \t]+$/g, (_, escaped: string | undefined) => escaped ?? '');
  value += kept.replace(/^[ \t]+/, '').replace(/\\([\s\S])/g, (_, next: string) => (/[\r\n]/.test(next) ? '' : next));
  return { value, behind: rest.slice(plain.length) };
}

function quoted(text: string): { readonly value: string; readonly behind: string } | undefined {
  const [all, single, double] = /^[ \t]*(?:'([^']*)'|"((?:\\[\s\S]|[^"\\])*)")/.exec(text) ?? [];
  if (all === undefined) return undefined;
  const value =
    single ?? (double ?? '').replace(/\\([\s\S])/g, (both, next: string) => (next === '\n' ? '' : /["\\$`]/.test(next) ? next : both));
  return { value, behind: text.slice(all.length) };
}
