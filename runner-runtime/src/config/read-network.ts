import { readFileSync } from 'node:fs';
import { network } from './load-settings.js';
import { SettingReader } from './setting-reader.js';
import { type NetworkSettings, SettingsError } from './settings.js';

/** How outgoing connections leave, out of the environment alone. @throws {SettingsError} */
export function readNetwork(environment: Readonly<Record<string, string | undefined>>): NetworkSettings {
  const reader = new SettingReader(environment, (path) => readFileSync(path, 'utf8'));
  const settings = network(reader);
  if (reader.faults.length > 0) throw new SettingsError(reader.faults);
  return settings;
}
