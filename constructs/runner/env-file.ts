import { Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { invalidSetting } from '../checks/setting-check';

/**
 * An environment as the text of an env file that Docker, systemd and the runner read alike: one `NAME=value` a line, no quotes.
 * A value that one of the three would change is refused.
 * @see https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html#EnvironmentFile=
 */
export function envFile(scope: IConstruct, environment: Readonly<Record<string, string>>): string {
  return Object.entries(environment)
    .map(([name, value]) => `${name}=${checkedValue(scope, name, value)}\n`)
    .join('');
}

function checkedValue(scope: IConstruct, name: string, value: string): string {
  if (!Token.isUnresolved(value) && /^[\s"'#]|[\r\n\\]|\s$/.test(value)) {
    const allowed = 'one line without backslash, and without blank, quote or # at its ends';
    throw invalidSetting(scope, `environment ${name}`, 'a value that env files cannot carry', allowed, 'Encode the value as base64.');
  }
  return value;
}
