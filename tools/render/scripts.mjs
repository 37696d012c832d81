import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { root } from '../install.mjs';

/**
 * The scripts and the Dockerfile that users download, each a file that stands alone: the parts in deploy/scripts/ with the facts
 * of contract/ in them, and the Dockerfile of runner-runtime/.
 */
const PARTS = join(root, 'deploy/scripts');
const SCRIPTS = { 'binary/axiom-runner.sh': 'axiom-runner.sh', 'docker/axiom-runner-docker.sh': 'axiom-runner-docker.sh' };

/** Writes them into a folder; answers with their paths. */
export function renderScripts(folder = join(root, 'deploy')) {
  const facts = contractFacts();
  const files = Object.entries(SCRIPTS).map(([path, source]) => [path, render(source, facts), 0o755]);
  const dockerfile = readFileSync(join(root, 'runner-runtime/Dockerfile'), 'utf8');
  const header = '# Made by "npm run render" from runner-runtime/Dockerfile: change that, not this file.\n';
  return [...files, ['docker/Dockerfile', header + dockerfile, 0o644]].map(([path, text, mode]) => {
    const target = join(folder, path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text);
    chmodSync(target, mode);
    return target;
  });
}

/** Puts parts and then those facts that are used in the place of the lines `#@ include <part>` and `#@ contract`. */
function render(source, facts) {
  const text = part(source).replace(/^#@ include (\S+)\n/gm, (_, name) => `\n${part(name)}`);
  const used = Object.entries(facts).filter(([name]) => new RegExp(`\\b${name}\\b`).test(text));
  const header = '# Made by "npm run render" from deploy/scripts/ and contract/: change those, not this file.\n';
  const rendered = text.replace(/^#@ contract\n/m, () => header + used.map(([name, value]) => `${name}=${quote(value)}\n`).join(''));
  const left = /^#@ .*$/m.exec(rendered);
  if (left !== null) throw new Error(`${source}: "${left[0]}" is no directive`);
  return rendered;
}

const part = (name) => readFileSync(join(PARTS, name), 'utf8');

/** Constants of the contract by the names that the scripts use. */
function contractFacts() {
  const require = createRequire(import.meta.url);
  require('ts-node').register({ transpileOnly: true, cwd: root });
  const { ENVIRONMENT, ENVIRONMENT_PLACEHOLDERS } = require('../../contract/environment');
  const { EXIT_OK, EXIT_FAILED, EXIT_USAGE, EXIT_UNAVAILABLE, EXIT_CONFIG } = require('../../contract/exit-codes');
  const { PUBLISHED_IMAGE } = require('../../contract/image');
  const { RELEASE_KEY_FILE, RELEASES_URL } = require('../../contract/releases');
  const { sandbox } = require('../../contract/systemd');
  const { STOP_TIMEOUT_SECONDS } = require('../../contract/tasks');
  const defaults = ENVIRONMENT.filter(({ published, defaultValue }) => published && defaultValue !== undefined);
  return {
    SERVICE: 'axiom-runner',
    START_LINE: 'Started Axiom Runner',
    RELEASE_KEY_FILE,
    RELEASES_URL,
    PUBLISHED_IMAGE,
    STOP_TIMEOUT_SECONDS,
    EXIT_OK,
    EXIT_FAILED,
    EXIT_USAGE,
    EXIT_UNAVAILABLE,
    EXIT_CONFIG,
    SANDBOX: sandbox('read-only').join('\n'),
    VARIABLES: ENVIRONMENT.map(({ name }) => name).join(' '),
    GUIDE_DEFAULTS: defaults.map(({ name, defaultValue }) => `${name}=${defaultValue}`).join('\n'),
    PLACEHOLDERS: ENVIRONMENT_PLACEHOLDERS.join('\n'),
  };
}

/** A word of a shell. */
function quote(value) {
  const text = String(value);
  if (/^[\w-]+$/.test(text)) return text;
  if (text.includes("'")) throw new Error(`a quote in ${text} needs another way to render it`);
  return `'${text}'`;
}

if (process.argv[1] === import.meta.filename) {
  for (const path of renderScripts(process.argv[2] === undefined ? undefined : resolve(process.argv[2]))) console.error(path);
}
