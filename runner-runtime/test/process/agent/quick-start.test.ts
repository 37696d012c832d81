import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { type AwsEmulator, freePort, runnerFile, startAwsEmulator } from '@axiom-runner/local-servers';
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { codeBlocks } from '../../agent/support/page.js';
import { asRoot } from '../../secrets/aws-account.js';

jest.setTimeout(120_000);

const PASSWORD = 'pa$$ "word\\ of the quick start';
const [quickStart = ''] = codeBlocks('agent.md', 'sh');
let folder: string;
let emulator: AwsEmulator;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'axiom-quick-start-'));
  emulator = await startAwsEmulator();
  await asRoot(emulator, 'CreateSecret', { Name: 'db-production', SecretString: JSON.stringify({ username: 'user', password: PASSWORD }) });
});
afterAll(async () => {
  await emulator?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** What the page expects to be there: the program under both names, credentials of AWS. The port, and the place of the state, are this test's. */
async function environment(): Promise<{ readonly port: number; readonly variables: NodeJS.ProcessEnv }> {
  const programs = join(folder, 'bin');
  mkdirSync(programs);
  for (const name of ['axiomrunner', 'segura-agent']) symlinkSync(runnerFile(), join(programs, name));
  const port = await freePort();
  return {
    port,
    variables: {
      ...emulator.environment,
      PATH: [programs, dirname(process.execPath), process.env['PATH']].join(delimiter),
      HOME: folder,
      STATE_DIRECTORY: join(folder, 'state'),
      AXIOMRUNNER_AGENT_CONFIG_TEXT: `listen: { address: 'localhost:${port}' }`,
      SEGURA_AGENT_ADDRESS: `http://localhost:${port}`,
    },
  };
}

it('the four lines of the quick start add an application, start an agent, and get the secret by HTTP and by command', async () => {
  try {
    execFileSync('curl', ['--version']);
  } catch {
    console.warn('SKIPPED: there is no curl');
    return;
  }
  const { port, variables } = await environment();
  expect(quickStart.trim().split('\n')).toHaveLength(4);
  expect(quickStart.split('localhost:8787')).toHaveLength(2);
  const script = `${quickStart.replace('localhost:8787', `localhost:${port}`)}answer=$?\nkill $!\nwait\nexit $answer\n`;
  const { stdout } = await promisify(execFile)('bash', ['-c', script], { env: variables });
  const answered = /\{"secret_id":.*?Z"\}/.exec(stdout)?.[0] ?? '';
  expect(JSON.parse(answered)).toEqual({
    secret_id: 'db-production',
    username: 'user',
    password: PASSWORD,
    expires_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
  });
  // curl ends without a new line.
  expect(stdout.split(answered)[1]?.split('\n')[0]).toBe(PASSWORD);
});
