import { join, relative } from 'node:path';
import * as ts from 'typescript';

const ROOT = join(__dirname, '../..');

/**
 * Type errors of files, each with its path. The library is the source of this repository, not what was built of it.
 * @param files absolute paths
 * @param texts of files that are not on the disk, by path
 * @param changes to the options of the repository's own sources
 */
export function typeErrorsIn(
  files: readonly string[],
  texts: ReadonlyMap<string, string> = new Map(),
  changes: ts.CompilerOptions = {},
): string[] {
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, files: [], include: [] }, ts.sys, ROOT);
  const all = { ...options, paths: { 'axiom-runner': [join(ROOT, 'index.ts')] }, ...changes };
  const program = ts.createProgram([...files], all, hostWith(texts, all));
  return files.flatMap((path) => {
    const source = program.getSourceFile(path);
    const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    return found.map(({ messageText }) => `${relative(ROOT, path)}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`);
  });
}

function hostWith(texts: ReadonlyMap<string, string>, options: ts.CompilerOptions): ts.CompilerHost {
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (path) => texts.has(path) || fileExists(path);
  host.readFile = (path) => texts.get(path) ?? readFile(path);
  host.getSourceFile = (path, language, ...rest) => {
    const text = texts.get(path);
    return text === undefined ? getSourceFile(path, language, ...rest) : ts.createSourceFile(path, text, language);
  };
  return host;
}
