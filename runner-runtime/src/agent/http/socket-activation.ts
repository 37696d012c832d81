import { readFileSync, readlinkSync } from 'node:fs';

/** A socket that systemd has opened for this process. */
export interface ActivatedSocket {
  readonly fd: number;
  /** Path of a Unix socket; absent for a port. */
  readonly path: string | undefined;
}

/** https://www.freedesktop.org/software/systemd/man/latest/sd_listen_fds.html */
const FIRST_FD = 3;

/** The sockets that were handed over by socket activation; none where the variables are meant for another process. */
export function activatedSockets(environment: Readonly<Record<string, string | undefined>> = process.env): ActivatedSocket[] {
  if (environment['LISTEN_PID'] !== String(process.pid)) return [];
  const count = Number(environment['LISTEN_FDS'] ?? 0);
  return Array.from({ length: Number.isInteger(count) ? count : 0 }, (_, index) => ({
    fd: FIRST_FD + index,
    path: unixPathOf(FIRST_FD + index),
  }));
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
