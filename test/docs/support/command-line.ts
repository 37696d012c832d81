import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from './markdown';

const BUNDLES: Readonly<Record<string, string>> = {
  axiomrunner: 'runner-runtime/dist/axiomrunner.cjs',
  axiomctl: 'control-plane/dist/axiomctl.cjs',
  'segura-agent': 'runner-runtime/dist/axiomrunner.cjs',
};

/** Programs whose command lines can be checked. */
export const PROGRAMS = Object.keys(BUNDLES);

/** What a program's help says of one command. */
interface Help {
  readonly commands: readonly string[];
  /** Options by spelling, and whether they take a value. */
  readonly options: ReadonlyMap<string, boolean>;
}

const asked = new Map<string, Promise<Help>>();

/** Faults of a command line: commands and options that its program does not have. */
export async function faultsOf(line: string): Promise<string[]> {
  const [program = '', ...words] = wordsOf(line);
  let path: string[] = [];
  let help = await helpOf(program, path);
  const faults: string[] = [];
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? '';
    // What follows is another program's.
    if (word === '--') break;
    if (word.startsWith('-')) {
      const [name = ''] = word.split('=');
      const takesValue = help.options.get(name);
      if (takesValue === undefined) faults.push(`${[program, ...path].join(' ')} has no option ${name}`);
      if (takesValue === true && !word.includes('=')) index += 1;
    } else if (help.commands.includes(word)) {
      path = [...path, word];
      help = await helpOf(program, path);
    } else if (help.commands.length > 0) {
      return [...faults, `${[program, ...path].join(' ')} has no command ${word}`];
    }
  }
  return faults;
}

/** Command lines of our programs in a shell example, continuation lines joined. */
export function commandLines(example: string): string[] {
  return example
    .replaceAll(/\\\n\s*/g, ' ')
    .split('\n')
    .map((line) => line.replace(/^\$ /, '').trim())
    .map((line) => line.replace(/^sudo -u \w+ |^(?:\w+=[^\s(]+ )+|^\w+=\$\((?=\w.*\)$)/, ''))
    .filter((line) => PROGRAMS.some((program) => line === program || line.startsWith(`${program} `)));
}

/** Words of a line up to a comment, pipe, redirection or next command. Quotes keep a word together. */
function wordsOf(line: string): string[] {
  const words = line.match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? [];
  const end = words.findIndex((word) => /^(#|\||>|>>|<|&&|&|;|\|\||2>)/.test(word));
  return end < 0 ? words : words.slice(0, end);
}

function helpOf(program: string, path: readonly string[]): Promise<Help> {
  const key = [program, ...path].join(' ');
  const known = asked.get(key) ?? ask(program, path);
  asked.set(key, known);
  return known;
}

async function ask(program: string, path: readonly string[]): Promise<Help> {
  const bundle = join(ROOT, BUNDLES[program] ?? '');
  if (!existsSync(bundle)) throw new Error(`${bundle} is not built: run npm run build -- runtime`);
  const { stdout } = await promisify(execFile)(process.execPath, ['--', bundle, ...path, '--help']);
  const commands = /^Commands:\n((?: .*\n?)+)/m.exec(stdout)?.[1] ?? '';
  const options = new Map(
    [...stdout.matchAll(/^ {2}(?:(-\w), )?(--[\w-]+)( <| \[)?/gm), ...stdout.matchAll(/\[()(--[\w-]+)( <)/g)].flatMap(
      ([, short, long, value]) => [short, long].filter((name) => name).map((name) => [name ?? '', value !== undefined] as const),
    ),
  );
  return { commands: [...commands.matchAll(/^ {2}(\S+)/gm)].map((match) => match[1] ?? ''), options };
}
