import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cachedFolder } from './cache.js';
import { reasonOf } from './errors.js';
import { onPath, type Say } from './resolve.js';

const run = promisify(execFile);
const archive = 'http://deb.debian.org/debian';
/** What apt checks the archive's signature with, which is why plain HTTP will do. */
const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** A package of Debian, as a release has it at the time of the download. */
export interface DebianPackage {
  readonly name: string;
  /** The release, such as "bookworm", or "sid" for unstable. */
  readonly suite: string;
  /** Of another machine's, such as "arm64". @default this machine's */
  readonly architecture?: string;
}

/**
 * A folder that holds a package with the libraries it needs, down to the C library and its loader: it runs on any Linux that has apt,
 * whatever that has installed. Downloaded and unpacked once per user, never installed.
 */
export function debianPackage(wanted: DebianPackage, say?: Say): Promise<string> {
  const { name, suite, architecture } = wanted;
  return cachedFolder(['debian', suite, architecture, name].filter(Boolean).join('-'), async (into, target) => {
    const [apt, dpkg] = await Promise.all([onPath('apt-get'), onPath('dpkg')]);
    say?.(`downloading ${name} of Debian ${suite} with its libraries, once, into ${target}`);
    const work = await mkdtemp(join(tmpdir(), 'axiom-apt-'));
    try {
      const archives = await download(apt, work, wanted);
      for (const file of await readdir(archives)) {
        if (isOfUse(file, name)) await run(dpkg, ['-x', join(archives, file), into], { timeout: 120_000 });
      }
    } catch (error) {
      const { stderr } = error as { stderr?: string };
      throw new Error(`apt can't download ${name} of Debian ${suite}: ${lastLine(stderr) ?? reasonOf(error)}`);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  });
}

/** Lets apt work in a folder of its own, as on a machine that has nothing installed: the system's sources and packages don't count. */
async function download(apt: string, work: string, { name, suite, architecture }: DebianPackage): Promise<string> {
  const [sources, installed, state, cache] = ['sources.list', 'installed', 'state', 'cache'].map((entry) => join(work, entry)) as [
    string,
    string,
    string,
    string,
  ];
  await writeFile(sources, `deb [signed-by=${keyring}] ${archive} ${suite} main\n`);
  await writeFile(installed, '');
  await Promise.all([join(state, 'lists', 'partial'), join(cache, 'archives', 'partial')].map((path) => mkdir(path, { recursive: true })));
  const settings = {
    'Dir::State': state,
    'Dir::State::status': installed,
    'Dir::Cache': cache,
    'Dir::Etc::sourcelist': sources,
    'Dir::Etc::sourceparts': '-',
    'Debug::NoLocking': 'true', // the system's own locks need root
    'APT::Sandbox::User': '', // apt's own user can't enter the folder
    'Acquire::Languages': 'none',
    'Acquire::Retries': '3',
    // A mirror that lags some days has lists of unstable past their date; their signature is checked all the same.
    'Acquire::Check-Valid-Until': 'false',
    ...(architecture !== undefined && { 'APT::Architecture': architecture, 'APT::Architectures': architecture }),
  };
  const options = ['-q', ...Object.entries(settings).flatMap(([key, value]) => ['-o', `${key}=${value}`])];
  const limits = { timeout: 300_000, maxBuffer: 16 * 1024 * 1024 };
  // Without Error-Mode a mirror out of reach would be a warning only.
  await run(apt, [...options, '-o', 'APT::Update::Error-Mode=any', 'update'], limits);
  await run(apt, [...options, '--download-only', '--yes', '--no-install-recommends', 'install', name], limits);
  return join(cache, 'archives');
}

/** Whether a downloaded file is the package itself or a library; the rest, such as Perl, is for scripts that don't run here. */
function isOfUse(file: string, name: string): boolean {
  return file.endsWith('.deb') && (file.startsWith(`${name}_`) || /^z?lib(?!perl)/.test(file));
}

function lastLine(text: string | undefined): string | undefined {
  return text?.trim().split('\n').at(-1) || undefined;
}
