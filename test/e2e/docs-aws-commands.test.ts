import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type AwsEmulator, startAwsEmulator, stopAll } from '@axiom-runner/local-servers';
import { pythonInterpreter, pythonPackage } from '../../local-servers/src/python-package.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const AWS_CLI = { name: 'awscli', version: '1.44.5' };
const FOLDERS = ['.', 'deploy', 'docs', 'docs/integrations', 'examples'];

/** What a page says elsewhere, or the platform does: made before its commands run. */
const GIVEN: Readonly<Record<string, string>> = {
  'docs/integration-secrets.md':
    'aws secretsmanager create-secret --region eu-central-1 --name axiom-security/postgresql/orders.example.com --secret-string {}',
  'docs/troubleshooting.md':
    "aws secretsmanager create-secret --name axiom-security/okta/example.okta.com --secret-string '{}'\n" +
    'aws eks create-cluster --name main --role-arn arn:aws:iam::123456789012:role/c --resources-vpc-config subnetIds=subnet-1',
};
const PLACEHOLDERS: readonly (readonly [string, string])[] = [
  ['<YOUR_CLUSTER_NAME>', 'main'],
  ['<type>/<id>', 'okta/example.okta.com'],
];
/** What the emulator has not: there the commands must come as far as its refusal, past the AWS CLI's own check of every option. */
const NOT_EMULATED = /create-stack-set|create-stack-instances/;

let emulator: AwsEmulator;
let folder: string;
let environment: NodeJS.ProcessEnv;

beforeAll(async () => {
  emulator = await startAwsEmulator();
  folder = await mkdtemp(join(tmpdir(), 'axiom-docs-aws-'));
  const [python, modules] = await Promise.all([pythonInterpreter(), pythonPackage(AWS_CLI)]);
  await writeFile(join(folder, 'aws'), `#!/bin/sh\nPYTHONPATH='${modules}' exec '${python}' -m awscli "$@"\n`, { mode: 0o755 });
  // Each an account of its own: in one, the CLI's names of change sets, which go by the second, would meet.
  const profile = (name: string, index: number) =>
    `[profile ${name}]\nregion = eu-central-1\naws_access_key_id = ${String(index + 1).repeat(12)}\naws_secret_access_key = test\n`;
  await writeFile(join(folder, 'config'), ['payments', 'logistics', 'analytics'].map(profile).join(''));
  await writeFile(join(folder, 'api-key.txt'), 'key of the group');
  await symlink(join(ROOT, 'deploy'), join(folder, 'deploy'));
  const path = [folder, process.env['PATH']].join(delimiter);
  environment = { ...process.env, ...emulator.environment, AWS_CONFIG_FILE: join(folder, 'config'), AWS_PAGER: '', PATH: path };
}, 300_000);
afterAll(async () => {
  await stopAll();
  await rm(folder, { recursive: true, force: true });
});

async function pages(): Promise<[string, string][]> {
  const files = await Promise.all(
    FOLDERS.map(async (name) => (await readdir(join(ROOT, name))).filter((file) => file.endsWith('.md')).map((file) => join(name, file))),
  );
  return Promise.all(files.flat().map(async (file): Promise<[string, string]> => [file, await readFile(join(ROOT, file), 'utf8')]));
}

const blocksOf = (text: string, languages: string) =>
  [...text.matchAll(new RegExp(`^ *\`\`\`(?:${languages})\\b[^\\n]*\\n(.*?)^ *\`\`\`$`, 'gms'))].map(([, block = '']) => block);

/** Blocks of shell commands with `aws` in them, by their page; commands of other programs left out. */
async function awsBlocks(): Promise<[string, string][]> {
  return (await pages()).flatMap(([page, text]) =>
    blocksOf(text, 'sh|bash')
      .filter((block) => /^\s*aws /m.test(block))
      .map((block): [string, string] => [page, block.replace(/^npx .*$/gm, '')]),
  );
}

const run = (script: string) =>
  promisify(execFile)('bash', ['--norc', '-euo', 'pipefail', '-c', script], { cwd: folder, env: environment }).then(
    () => '',
    ({ stderr }: { stderr: string }) => stderr,
  );

it('every `aws` command of the pages does its work against an emulator of AWS', async () => {
  const blocks = await awsBlocks();
  expect(blocks.length).toBeGreaterThan(25);
  const faults: Record<string, string> = {};
  for (const [page, block] of blocks) {
    await emulator.reset();
    const [trust = '', read = trust] = blocksOf(await readFile(join(ROOT, page), 'utf8'), 'json');
    await writeFile(join(folder, 'trust.json'), trust);
    await writeFile(join(folder, 'read.json'), read);
    const script = PLACEHOLDERS.reduce((text, [name, value]) => text.replaceAll(name, value), `${GIVEN[page] ?? ''}\n${block}`);
    const refusal = await run(script);
    const expected = NOT_EMULATED.test(block) ? /InvalidAction.* Unknown action: CreateStack/ : /^$/;
    if (!expected.test(refusal.trim())) faults[`${page}: ${block.trim().slice(0, 80)}`] = refusal;
  }
  expect(faults).toEqual({});
}, 240_000);

it('a command that AWS would refuse is noticed', async () => {
  expect(await run('aws secretsmanager create-secret --names a')).toMatch(/--name/);
}, 30_000);
