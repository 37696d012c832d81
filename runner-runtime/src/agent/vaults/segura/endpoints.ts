import { SettingsError } from '../../../config/settings.js';
import { RunnerError } from '../../../errors.js';
import { apiBaseUrl } from '../../../integration-kit/http/base-url.js';
import { path } from '../../../integration-kit/http/path.js';
import type { SeguraVaultSettings } from '../../config/agent-settings.js';

/** Where the vault answers what. */
export interface Endpoints {
  /** Address of the vault, without a slash at its end. */
  readonly base: string;
  readonly token: string;
  readonly register: string;
  /** @throws {RunnerError} `SECRET_NOT_FOUND` for a name that no URL can carry */
  credential(name: string): string;
}

/** https://docs.senhasegura.io/v4/docs/api-get-list-a-credential, https://docs.senhasegura.io/v4-2/docs/api-v2-get-list-a-credential */
const CREDENTIAL_PATHS = { v1: '/api/pam/credential', v2: '/api/v2/pam/credentials' } as const;

/** @throws {SettingsError} for an address with a query, or unencrypted to another host */
export function endpointsOf({ url, api, paths }: Pick<SeguraVaultSettings, 'url' | 'api' | 'paths'>): Endpoints {
  const base = apiBaseUrl.safeParse(url).data;
  if (base === undefined) {
    throw new SettingsError([
      {
        variable: 'vault.url',
        found: 'is no https:// address, or has a user, query or fragment',
        mend: 'Write https://host or https://host/path.',
      },
    ]);
  }
  const at = (setting: string, text: string) => {
    if (/^\/(?!\/)[^?#\\\s]*$/.test(text) && URL.canParse(base + text) && new URL(base + text).href === base + text) return base + text;
    throw new SettingsError([
      {
        variable: `vault.paths.${setting}`,
        found: `is "${text.slice(0, 100)}"`,
        mend: 'Write a path that begins with one slash, without query.',
      },
    ]);
  };
  const credentials = at('credential', (paths.credential ?? CREDENTIAL_PATHS[api]).replace(/\/+$/, ''));
  return {
    base,
    token: at('token', paths.token),
    register: at('register', paths.register),
    credential: (name) => credentials + segment(name),
  };
}

function segment(name: string): string {
  try {
    return path`/${name}`;
  } catch {
    throw new RunnerError('SECRET_NOT_FOUND', 'The name of the credential cannot be part of an address.', {
      object: JSON.stringify(name.slice(0, 80)),
      mend: 'Name it by its id or identifier in the vault under "secrets" of the configuration.',
    });
  }
}
