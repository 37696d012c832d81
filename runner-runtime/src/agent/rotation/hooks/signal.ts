import { constants } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import type { HookSettings } from '../../config/agent-settings.js';
import { HookFailure, systemCode } from './hook-failure.js';

const MOST_BYTES = 4_096;
/** Linux's own limit of process ids; those of others are smaller. */
const LARGEST_PID = 4_194_304;

/**
 * Signals the process of a pid file.
 * @returns `false` when there is no such file or process: who is not running reads the secret when it starts
 * @throws {HookFailure} `SIGNAL_REFUSED` when the file is not to be trusted, `SIGNAL_FAILED` when the process may not be signalled
 */
export async function sendSignal({ pid_file, name }: NonNullable<HookSettings['signal']>): Promise<boolean> {
  const pid = await readPid(pid_file);
  if (pid === undefined) return false;
  try {
    process.kill(pid, name);
    return true;
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ESRCH') return false;
    throw new HookFailure(
      'SIGNAL_FAILED',
      `${name} to the process of ${pid_file} failed (${code}).`,
      "Run the agent as that process' user.",
    );
  }
}

async function readPid(path: string): Promise<number | undefined> {
  let file: Awaited<ReturnType<typeof open>>;
  try {
    file = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT') return undefined;
    throw refused(
      path,
      code === 'ELOOP' ? 'is a symbolic link' : `cannot be read (${code})`,
      'Name the file itself, and let the agent read it.',
    );
  }
  try {
    const stats = await file.stat();
    if (!stats.isFile() || stats.size > MOST_BYTES) throw refused(path, 'is no pid file', 'Name the file that holds the process id.');
    if ((stats.mode & 0o022) !== 0) throw refused(path, 'may be written by others', `chmod go-w '${path}'`);
    const [line = ''] = (await file.readFile('utf8')).split('\n');
    const pid = /^\s*\d{1,10}\s*$/.test(line) ? Number(line) : 0;
    if (pid <= 1 || pid > LARGEST_PID || pid === process.pid) {
      throw refused(path, 'holds no process id that may be signalled', 'Its first line is the process id.');
    }
    await checkOwner(path, stats.uid, pid);
    return pid;
  } finally {
    await file.close();
  }
}

/** Who writes the file chooses whom an agent with more rights signals: only a process of his own. */
async function checkOwner(path: string, owner: number, pid: number): Promise<void> {
  if (owner === 0 || owner === process.getuid?.()) return;
  const its = process.platform === 'linux' ? await stat(`/proc/${pid}`).catch(() => undefined) : { uid: undefined };
  // A process that is gone is nobody's, and is not signalled.
  if (its !== undefined && its.uid !== owner) {
    throw refused(path, 'is neither of root nor of the user of its process', 'chown it to root.');
  }
}

function refused(path: string, found: string, mend: string): HookFailure {
  return new HookFailure('SIGNAL_REFUSED', `${path} ${found}.`, mend);
}
