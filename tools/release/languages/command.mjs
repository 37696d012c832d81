import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { EXIT_FAILED, EXIT_USAGE } from '../../../contract/exit-codes.ts';
import { root } from '../../install.mjs';
import { filesUnder } from '../files.mjs';
import { commitOf } from '../readiness.mjs';
import { run } from '../run-program.mjs';
import { makeDotnet } from './dotnet.mjs';
import { makeGo } from './go.mjs';
import { makeJava } from './java.mjs';
import { makePython } from './python.mjs';

const MAKERS = { python: makePython, java: makeJava, go: makeGo, dotnet: makeDotnet };

const HELP = `Usage: node tools/release/languages.mjs --output FOLDER [OPTION...]

Makes the construct library for languages other than TypeScript:

  python/   wheel and source distribution
  java/     Maven repository with jar, sources, Javadoc, and the libraries that it needs and Maven Central may lack
  go/       Go module, as a folder that GOPROXY can name
  dotnet/   generated C# project, not compiled

  --output FOLDER            each language's folder in it is made anew
  --language NAME[,NAME]     ${Object.keys(MAKERS).join(', ')}; all of them unless given
  --compiled                 take the library as it was compiled last, instead of compiling it
  --without-javadoc          for a try: a third of the time of java
  --help

Environment: SOURCE_DATE_EPOCH, time of the files in archives in seconds; that of the commit unless given.
Needs: python3 (python), JDK 11 or newer and Maven 3.6 or newer (java), Go (go), and their package registries.

Exit codes: 0 made, 1 failed, 64 wrong command line.
`;

/** Makes what a command line asks for, and says which files that are on standard error. */
export async function makeLanguages(args) {
  const options = optionsOf(args);
  if (options === undefined) return;
  const scratch = mkdtempSync(join(tmpdir(), 'axiom-languages-'));
  process.umask(0o022);
  try {
    if (!options.compiled) run('npx', ['jsii'], { cwd: root });
    for (const language of options.languages) {
      const folder = join(options.output, language);
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder, { recursive: true });
      await MAKERS[language]({ folder, scratch: join(scratch, language), time: releaseTime(), javadoc: options.javadoc, say });
      for (const { path } of filesUnder(folder)) say(join(language, path));
    }
  } catch (error) {
    say(`languages: ${error.message}`);
    process.exitCode = EXIT_FAILED;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function optionsOf(args) {
  try {
    const flag = { type: 'boolean', default: false };
    const { values } = parseArgs({
      args,
      options: {
        output: { type: 'string' },
        language: { type: 'string', default: Object.keys(MAKERS).join() },
        compiled: flag,
        'without-javadoc': flag,
        help: flag,
      },
    });
    if (values.help) {
      process.stdout.write(HELP);
      return undefined;
    }
    const languages = values.language.split(',');
    const unknown = languages.find((language) => !Object.hasOwn(MAKERS, language));
    if (unknown !== undefined) throw new Error(`there is no language "${unknown}". Allowed: ${Object.keys(MAKERS).join(', ')}.`);
    if (values.output === undefined) throw new Error('--output is missing: the folder to write into.');
    return { output: resolve(values.output), languages, compiled: values.compiled, javadoc: !values['without-javadoc'] };
  } catch (error) {
    say(`languages: ${error.message}`);
    process.exitCode = EXIT_USAGE;
    return undefined;
  }
}

function releaseTime() {
  const seconds = process.env.SOURCE_DATE_EPOCH;
  return seconds === undefined || seconds === '' ? commitOf().time : new Date(Number(seconds) * 1000);
}

function say(line) {
  process.stderr.write(`${line}\n`);
}
