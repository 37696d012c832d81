import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ENVIRONMENT, ENVIRONMENT_PLACEHOLDERS } from '../../../contract/environment';
import { PUBLISHED_IMAGE } from '../../../contract/image';
import { expectRendered } from '../../support/rendered';
import { findings, linter } from './support/linters';
import { ROOT, SCRIPT_NAMES, SCRIPTS, sandbox } from './support/script-run';

const FILES = [...Object.values(SCRIPTS), 'deploy/docker/Dockerfile'];
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

it.each(FILES)(
  '%s is rendered from its sources as they are now; else run: npm run render',
  (file) => {
    expectRendered('tools/render/scripts.mjs', file, file.replace('deploy/', ''));
  },
  60_000,
);

/** Constructs that came with bash 4 or later. */
const NOT_IN_BASH_3: readonly (readonly [string, RegExp])[] = [
  ['associative arrays', /\b(declare|local|typeset) -[a-zA-Z]*[An]/],
  ['mapfile and readarray', /\b(mapfile|readarray)\b/],
  ['case of a variable', /\$\{\w+(\[[^\]]*\])?(,,?|\^\^?)/],
  ['transformations', /\$\{\w+@[A-Za-z]\}/],
  ['|& and &>>', /\|&|&>>/],
  ['fall-through in case', /;;?&/],
  ['negative indexes', /\$\{\w+\[-|\$\{\w+:[^}]*: -/],
  ['[[ -v', /\[\[ -v /],
  ['coproc', /\bcoproc\b/],
  ['times of printf', /%\([^)]*\)T/],
  ['wait -n', /\bwait -n\b/],
  ['$EPOCHSECONDS, $BASHPID, $SRANDOM', /\$\{?(EPOCH|BASHPID|SRANDOM)/],
];

const faultsOf = (text: string) => NOT_IN_BASH_3.filter(([, pattern]) => pattern.test(text)).map(([name]) => name);

describe.each(SCRIPT_NAMES)('%s', (name) => {
  const text = read(SCRIPTS[name]);

  it('has the syntax of bash 3.2', () => {
    expect(faultsOf(text)).toEqual([]);
  });

  it('has the published verbs and options', () => {
    const box = sandbox(name);
    try {
      const { code, output } = box.run(['--help']);
      expect(code).toBe(0);
      for (const verb of ['start', 'stop', 'register', 'deregister', 'status', 'logs', 'update'])
        expect(output).toMatch(new RegExp(`^ {2}${verb} `, 'm'));
      for (const option of ['--tenantid', '--runnergroupid', '--apikey', '--apikey-file', '--version', '--json'])
        expect(output).toContain(option);
    } finally {
      box.dispose();
    }
  });

  it('knows the variables, placeholders and defaults of the contract', () => {
    for (const { name: variable } of ENVIRONMENT) expect(text).toMatch(new RegExp(`^VARIABLES='.*\\b${variable}\\b`, 'm'));
    for (const placeholder of ENVIRONMENT_PLACEHOLDERS) expect(text.split(/['\n]/)).toContain(placeholder);
    for (const { name: variable, published, defaultValue } of ENVIRONMENT)
      if (published && defaultValue !== undefined) expect(text).toContain(`${variable}=${defaultValue}`);
  });
});

it('the container is the published image unless another one is named', () => {
  expect(read(SCRIPTS.docker)).toContain(`PUBLISHED_IMAGE='${PUBLISHED_IMAGE}'`);
});

it.each([
  ['declare -A map', 'associative arrays'],
  ['echo ${name,,}', 'case of a variable'],
  ['mapfile -t lines', 'mapfile and readarray'],
  ['a |& b', '|& and &>>'],
])('the check of syntax finds %s', (line, fault) => {
  expect(faultsOf(line)).toEqual([fault]);
});

const shellcheck = linter('shellcheck');
const hadolint = linter('hadolint');

(shellcheck === undefined ? it.skip : it)('shellcheck finds nothing', () => {
  expect(findings(shellcheck ?? '', ...Object.values(SCRIPTS))).toBe('');
});

(hadolint === undefined ? it.skip : it)('hadolint finds nothing', () => {
  expect(findings(hadolint ?? '', 'deploy/docker/Dockerfile')).toBe('');
});

describe('the Dockerfile', () => {
  const text = read('deploy/docker/Dockerfile');
  const final = text.slice(text.lastIndexOf('\nFROM '));

  it('starts from an image with node and from one without a shell, which arguments replace', () => {
    expect(text).toMatch(/^ARG NODE=\S+\/node:24-\S+\nARG BASE=\S+\/distroless\/cc-\S+:nonroot$/m);
    expect(text.match(/^FROM \$\{\w+\}/gm)).toEqual(['FROM ${NODE}', 'FROM ${BASE}']);
  });

  it('comes with the package that is its build context', () => {
    expect(JSON.parse(read('runner-runtime/package.json')).files).toEqual(expect.arrayContaining(['Dockerfile', 'dist']));
  });

  it('starts without an argument, and hands arguments to the runner, not to node', () => {
    expect(final).toContain('\nENTRYPOINT ["node", "--", "/opt/axiomrunner/axiomrunner.cjs"]\n');
    expect(final).not.toMatch(/^CMD /m);
  });

  it('is asked for its health without a shell', () => {
    expect(final).toMatch(/HEALTHCHECK [^\n]*\\\n {2}CMD \["node", "--", "[^"]+", "health"\]/);
  });

  it('runs as a user that is a number and not root', () => {
    expect(/^USER (\d+):\d+$/m.exec(final)?.[1]).not.toBe('0');
    expect(final).toMatch(/^USER \d+:\d+$/m);
  });

  it('runs nothing while it is built, so that it is built for another architecture as well', () => {
    expect(text).not.toMatch(/^RUN /m);
  });
});
