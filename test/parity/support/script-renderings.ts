import { type ScriptName, sandbox } from '../../deploy/scripts/support/script-run';
import { THE_API_KEY } from './container-environment';
import type { WantedRunner } from './runner-arbitrary';
import type { TypedSettings } from './typed-settings';

/** Text of the `.env` that a script leaves behind. Variables that it does not know are written into the file by hand, between two starts. */
export function envFileOfScript(script: ScriptName, { keyByVariable }: WantedRunner, { known, others }: TypedSettings): string {
  const box = sandbox(script);
  const succeed = (args: readonly string[], input?: string) => {
    const { code, output } = box.run(args, input);
    if (code !== 0) throw new Error(`${script} ${args[0]} ended with ${code}: ${output}`);
  };
  try {
    const settings = Object.entries(known).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
    const key = keyByVariable ? ['--apikey-file', '-'] : [];
    succeed(['start', '--no-wait', ...settings, ...key], keyByVariable ? THE_API_KEY : undefined);
    if (Object.keys(others).length > 0) {
      const lines = Object.entries(others).map(([name, value]) => `${name}=${value}\n`);
      box.write('.env', box.read('.env') + lines.join(''));
      succeed(['stop']);
      succeed(['start', '--no-wait', ...settings]);
    }
    return box.read('.env');
  } finally {
    box.dispose();
  }
}
