import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runProgram } from './support/container-host.js';

const COMMAND = fileURLToPath(new URL('../../tools/release/image.mjs', import.meta.url));

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'axiom-image-command-'));
  await mkdir(join(folder, 'context/dist'), { recursive: true });
  await writeFile(join(folder, 'context/dist/axiomrunner.cjs'), '');
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** Where there is no builder. */
const image = (...args: string[]) => runProgram(process.execPath, [COMMAND, ...args], { PATH: folder });
const wanted = ['--arch', 'amd64', '--output', '/nowhere/image.tar'];

it.each([
  ['no architecture', ['--output', 'image.tar'], '--arch is "". Allowed: amd64, arm64.'],
  ['an unknown architecture', ['--arch', 'x64', '--output', 'image.tar'], '--arch is "x64". Allowed: amd64, arm64.'],
  ['no output', ['--arch', 'amd64'], '--output is missing'],
  ['an unknown builder', [...wanted, '--builder', 'kaniko'], 'Allowed: buildah, docker.'],
  ['half a build argument', [...wanted, '--build-arg', 'BASE'], 'Write NAME=VALUE.'],
])('refuses %s with exit code 64', async (_, args, message) => {
  expect(await image(...args)).toEqual({ code: 64, output: expect.stringContaining(message) });
});

it('says with exit code 69 that there is no builder, and what to install', async () => {
  const message = 'there is no builder. Install buildah, or docker with its plugin buildx.';
  expect(await image(...wanted, '--context', join(folder, 'context'))).toEqual({ code: 69, output: `image: ${message}\n` });
});

it('says with exit code 78 that the bundles are missing', async () => {
  expect(await image(...wanted, '--context', folder)).toEqual({ code: 78, output: expect.stringContaining('npm run build -- runtime') });
});
