import { isBuiltin } from 'node:module';
import { dirname, join } from 'node:path';
import { getRawAsset } from 'node:sea';
import { compileFunction, constants } from 'node:vm';

/**
 * The first code of the single executable: runs the bundles that lie in it as assets, as if each were a file of that name under the
 * executable's own path. Node's `require` knows its built-in modules only here.
 * @see https://nodejs.org/docs/latest-v24.x/api/single-executable-applications.html
 */

/** A name that no file can have, because its parent is no folder; traces tell by it which bundle they speak of. */
const root = process.execPath;

interface Loaded {
  exports: unknown;
}
type Bundle = (exports: unknown, require: (request: string) => unknown, module: Loaded, filename: string, folder: string) => void;

const loaded = new Map<string, Loaded>();

/** @param name of the asset, which is its path in the folder of the bundles */
function load(name: string): unknown {
  const known = loaded.get(name);
  if (known !== undefined) return known.exports;
  const module: Loaded = { exports: {} };
  loaded.set(name, module);
  const filename = join(root, name);
  // Types of older versions let it be a text, which it never is.
  const source = Buffer.from(getRawAsset(name) as ArrayBuffer)
    .toString('utf8')
    .replace(/^#!.*/, '');
  const bundle = compileFunction(source, ['exports', 'require', 'module', '__filename', '__dirname'], {
    filename,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  }) as Bundle; // A function of these parameters, by its second argument.
  bundle(module.exports, (request) => requireFrom(dirname(name), request), module, filename, dirname(filename));
  return module.exports;
}

function requireFrom(folder: string, request: string): unknown {
  if (request.startsWith('./')) return load(join(folder, request));
  if (isBuiltin(request)) return require(request);
  // What a package does without when it is not installed, it recognises by this code.
  throw Object.assign(new Error(`Cannot find module '${request}'`), { code: 'MODULE_NOT_FOUND' });
}

load('axiomrunner.cjs');
