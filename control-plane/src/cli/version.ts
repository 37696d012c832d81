import { readFileSync } from 'node:fs';

/** Set by the bundler, because the bundle lies elsewhere. */
declare const AXIOMCTL_VERSION: string | undefined;

/** Version of this package. */
export const VERSION: string = typeof AXIOMCTL_VERSION === 'string' ? AXIOMCTL_VERSION : ownVersion();

function ownVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return version;
}
