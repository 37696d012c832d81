/**
 * Reads the text of an env file: `NAME=value` a line; blank lines and lines that start with `#` are skipped; leading blanks, CRLF,
 * a byte order mark and `export ` are tolerated; a value in matching quotes loses them. No expansion, no escapes, no comments
 * behind a value, so that plain lines mean the same to Docker, systemd and this parser.
 * @returns the variables, the last of a name winning, and the numbers of lines that are none of this
 */
export function parseEnvFile(text: string): {
  readonly variables: Readonly<Record<string, string>>;
  readonly faultyLines: readonly number[];
} {
  const variables: Record<string, string> = {};
  const faultyLines: number[] = [];
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  for (const [index, raw] of lines.entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const match = /^(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)$/.exec(line);
    if (match?.[1] === undefined || match[2] === undefined) faultyLines.push(index + 1);
    else variables[match[1]] = unquote(match[2]);
  }
  return { variables, faultyLines };
}

function unquote(value: string): string {
  const quote = value[0];
  const quoted = value.length >= 2 && (quote === '"' || quote === "'") && value.endsWith(quote);
  return quoted ? value.slice(1, -1) : value;
}
