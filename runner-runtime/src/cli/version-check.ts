import { gte, valid } from 'semver';
import { z } from 'zod';
import { EXIT_FAILED, EXIT_OK } from '../../../contract/exit-codes.js';
import { LATEST_RELEASE, RELEASE_INDEX_FILE, RELEASES_URL, type ReleaseIndex } from '../../../contract/releases.js';
import { isLoopback } from '../config/address.js';
import { readNetwork } from '../config/read-network.js';
import { SettingsError } from '../config/settings.js';
import { RunnerError } from '../errors.js';
import { type Fetch, openNetwork } from '../operations/transport.js';
import { VERSION } from '../version.js';
import { readEnvironment, type Variables } from './read-environment.js';
import { json, type Terminal } from './terminal.js';

/** The whole call. */
const TIME_LIMIT_MS = 20_000;
/** A release has a few dozen files. */
const MOST_BYTES = 1024 * 1024;
const indexSchema: z.ZodType<ReleaseIndex> = z.object({
  version: z.string().refine((version) => valid(version) === version),
  released: z.iso.datetime(),
  files: z.array(z.object({ path: z.string().min(1), bytes: z.number().int().nonnegative(), sha256: z.string().regex(/^[0-9a-f]{64}$/) })),
});

/**
 * The command `version --check`: asks where releases are published for the newest.
 * @returns 0 when this is the newest, 1 when there is a newer one
 * @throws {SettingsError} for a wrong address, {@link RunnerError} when nothing usable is answered
 */
export async function checkVersion(options: { readonly envFile?: string; readonly json?: boolean }, terminal: Terminal): Promise<number> {
  const { all } = readEnvironment(options.envFile);
  const url = indexUrl(all);
  const { version: latest, released } = await readIndex(url, openNetwork(readNetwork(all)).fetch);
  const current = gte(VERSION, latest);
  if (options.json === true) terminal.out(json({ version: VERSION, latest, released, current }));
  else if (current) terminal.out(`axiomrunner ${VERSION} is current: the latest release is ${latest}.\n`);
  else terminal.out(`axiomrunner ${VERSION} is not current: the latest release is ${latest}, of ${released}.\n`);
  return current ? EXIT_OK : EXIT_FAILED;
}

function indexUrl(variables: Variables): URL {
  const base = variables['AXIOM_RELEASES_URL']?.trim() || RELEASES_URL;
  const text = `${base.replace(/\/+$/, '')}/releases/${LATEST_RELEASE}/${RELEASE_INDEX_FILE}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const host = url?.hostname.replace(/^\[(.*)\]$/, '$1') ?? '';
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(host))) return url;
  throw new SettingsError([
    { variable: 'AXIOM_RELEASES_URL', found: `"${base}"`, mend: 'Write an https:// address; http:// is for loopback only.' },
  ]);
}

async function readIndex(url: URL, fetch: Fetch): Promise<ReleaseIndex> {
  const failure = (what: string, mend: string) => new RunnerError('TARGET_UNREACHABLE', `${url} ${what}`, { mend });
  const text = await readText(url, fetch).catch((error: unknown) => {
    if (error instanceof UnusableAnswer) throw failure(error.message, MIRROR);
    throw failure(
      `cannot be reached (${reasonOf(error)}).`,
      'Check the outbound route, HTTPS_PROXY, NODE_EXTRA_CA_CERTS and AXIOM_RELEASES_URL.',
    );
  });
  try {
    return indexSchema.parse(JSON.parse(text));
  } catch {
    throw failure('holds no index of a release.', MIRROR);
  }
}

const MIRROR = 'Is that a place of releases, or a mirror with all their files? AXIOM_RELEASES_URL names it.';

class UnusableAnswer extends Error {}

async function readText(url: URL, fetch: Fetch): Promise<string> {
  const response = await fetch(url, { signal: AbortSignal.timeout(TIME_LIMIT_MS) });
  if (response.status !== 200) throw new UnusableAnswer(`answers with status ${response.status}.`);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > MOST_BYTES) throw new UnusableAnswer(`answers with more than ${MOST_BYTES} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The code of the cause, such as ECONNREFUSED, because messages of libraries differ. By its shape: an error of another realm is no instance. */
function reasonOf(error: unknown): string {
  const { name, cause } = error as { readonly name?: string; readonly cause?: { readonly code?: unknown } };
  if (name === 'TimeoutError') return `no answer within ${TIME_LIMIT_MS / 1000} seconds`;
  return typeof cause?.code === 'string' ? cause.code : (name ?? 'unknown');
}
