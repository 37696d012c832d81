import { describe, expect, it } from '@jest/globals';
import type { HookSettings } from '../../../../src/agent/config/agent-settings.js';
import { checkHooks } from '../../../../src/agent/rotation/hooks/check-hooks.js';
import { SettingsError } from '../../../../src/config/settings.js';
import { aFile, aHook } from '../support.js';

function faults(hook: HookSettings, platform: NodeJS.Platform = 'linux'): string[] {
  try {
    checkHooks([hook], platform);
  } catch (error) {
    if (error instanceof SettingsError) return error.faults.map(({ variable, found }) => `${variable} ${found}`);
    throw error;
  }
  return [];
}

describe('the check of hooks', () => {
  it('takes hooks that can work', () => {
    const unit = { name: 'web.service', action: 'reload' } as const;
    expect(faults(aHook({ secrets: ['*'], unit, signal: { pid_file: '/run/web.pid', name: 'SIGHUP' } }))).toEqual([]);
    expect(faults(aHook({ file: aFile('/etc/web/password') }))).toEqual([]);
  });

  it('refuses an unknown placeholder and a path that depends on the working folder, both at once', () => {
    expect(faults(aHook({ file: aFile('web/password', { template: '{{pasword}}' }) }))).toEqual([
      'rotation.hooks.0.file.template has {{pasword}}',
      'rotation.hooks.0.file.path is "web/password"',
    ]);
  });

  it.each([[['db', 'cache']], [['prod/*']]])('refuses one file for several secrets: %j', (secrets) => {
    expect(faults(aHook({ secrets, file: aFile('/etc/web/password') }))).toEqual([
      'rotation.hooks.0.secrets names more than one secret for one file',
    ]);
  });

  it('refuses signals and units on Windows', () => {
    const hook = aHook({ signal: { pid_file: 'C:\\web.pid', name: 'SIGHUP' }, unit: { name: 'web', action: 'restart' } });
    expect(faults(hook, 'win32')).toEqual([
      'rotation.hooks.0.signal is set on Windows, which has none',
      'rotation.hooks.0.unit is set on Windows, which has none',
    ]);
  });
});
