import { isAbsolute } from 'node:path';
import { type SettingFault, SettingsError } from '../../../config/settings.js';
import type { HookSettings } from '../../config/agent-settings.js';
import { checkTemplate } from './template.js';

/**
 * Looks for hooks that could never work, or would work on the wrong thing.
 * @throws {SettingsError}
 */
export function checkHooks(hooks: readonly HookSettings[], platform: NodeJS.Platform = process.platform): void {
  const faults = hooks.flatMap((hook, index) => [...faultsOf(hook, `rotation.hooks.${index}`, platform)]);
  if (faults.length > 0) throw new SettingsError(faults);
}

function* faultsOf({ file, signal, unit, secrets }: HookSettings, at: string, platform: NodeJS.Platform): Generator<SettingFault> {
  if (file !== undefined) {
    yield* checkTemplate(file.template, `${at}.file.template`);
    if (!isAbsolute(file.path)) {
      yield { variable: `${at}.file.path`, found: `is "${file.path.slice(0, 60)}"`, mend: 'Write the path from the root.' };
    }
    const [only = ''] = secrets;
    if (secrets.length !== 1 || only.endsWith('*')) {
      yield {
        variable: `${at}.secrets`,
        found: 'names more than one secret for one file',
        mend: 'Give each secret a hook and a file of its own.',
      };
    }
  }
  if (platform !== 'win32') return;
  for (const [name, part] of Object.entries({ signal, unit })) {
    if (part !== undefined) yield { variable: `${at}.${name}`, found: 'is set on Windows, which has none', mend: 'Use a command.' };
  }
}
