import { lstatSync, readFileSync, readlinkSync } from 'node:fs';
import { SettingsError } from '../../config/settings.js';

/** A socket that systemd has opened for this process. */
export interface ActivatedSocket {
  readonly fd: number;
  /** Path of a Unix socket; absent for a port. */
  readonly path: string | undefined;
}

/** https://www.freedesktop.org/software/systemd/man/latest/sd_listen_fds.html */
const FIRST_FD = 3;
/** Bits of a mode for users who are neither owner nor of the group. */
const OTHERS = 0o007;

/** The sockets that were handed over by socket activation; none where the variables are meant for another process. */
export function activatedSockets(environment: Readonly<Record<string, string | undefined>> = process.env): ActivatedSocket[] {
  if (environment['LISTEN_PID'] !== String(process.pid)) return [];
  const count = Number(environment['LISTEN_FDS'] ?? 0);
  return Array.from({ length: Number.isInteger(count) ? count : 0 }, (_, index) => ({
    fd: FIRST_FD + index,
    path: unixPathOf(FIRST_FD + index),
  }));
}

/**
 * Looks whether not everybody may open a socket that stands for an application. The mode of the configuration is not that of a socket of
 * systemd, which is 0666 unless its unit says otherwise; one without a file has none.
 * @throws {SettingsError} where everybody could ask without a token
 */
export function refuseOpenSocket(path: string): void {
  const mode = modeOf(path);
  if (mode !== undefined && (mode & OTHERS) === 0) return;
  throw new SettingsError([
    {
      variable: 'listen.socket.application',
      found: `would let every user of the host ask without a token at ${path}, a socket of systemd`,
      mend: 'Set SocketMode=0660 and SocketGroup= in its unit, or leave listen.socket.application out.',
    },
  ]);
}

function modeOf(path: string): number | undefined {
  try {
    return lstatSync(path).mode;
  } catch {
    return undefined;
  }
}

/** https://man7.org/linux/man-pages/man5/proc_net.5.html: the inode stands in the seventh column, the path in the last. */
function unixPathOf(fd: number): string | undefined {
  const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${fd}`))?.[1];
  const row = readFileSync('/proc/net/unix', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .find((columns) => columns[6] === inode);
  return inode === undefined || row === undefined ? undefined : (row[7] ?? `unix:${inode}`);
}
