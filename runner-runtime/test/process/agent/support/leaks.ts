import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** A text, and where it was found. */
export interface Scanned {
  readonly place: string;
  readonly text: string;
}

/** Where a value stands that must not: as it is, or as another spelling of it. */
export function findLeaks(canaries: readonly string[], scanned: readonly Scanned[]): string[] {
  const spellings = canaries.flatMap((canary) => [
    canary,
    encodeURIComponent(canary),
    JSON.stringify(canary).slice(1, -1),
    Buffer.from(canary).toString('hex'),
    // Without the last characters, which depend on what follows.
    ...[0, 1, 2].map((before) => base64Behind(before, canary)),
  ]);
  return scanned.flatMap(({ place, text }) =>
    spellings.filter((spelling) => text.includes(spelling)).map((spelling) => `${place}: ${spelling}`),
  );
}

/** What base64 of a longer text holds when so many bytes stand before this one. */
function base64Behind(before: number, text: string): string {
  const whole = Buffer.concat([Buffer.alloc(before), Buffer.from(text)]).toString('base64');
  return whole.slice(before === 0 ? 0 : 4, whole.length - 4);
}

/** Every file below a folder; sockets and pipes hold no text. */
export function filesBelow(folder: string): Scanned[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true)
    .map((path) => ({ place: path, text: readFileSync(path, 'latin1') }));
}

/** The command lines of all processes of this host. https://man7.org/linux/man-pages/man5/proc_pid_cmdline.5.html */
export function commandLines(): Scanned[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => readIfThere(`/proc/${pid}/cmdline`));
}

/** The environment that a process was started with. */
export function environmentOf(pid: number): Scanned[] {
  return readIfThere(`/proc/${pid}/environ`);
}

/** A process may have ended meanwhile. */
function readIfThere(path: string): Scanned[] {
  try {
    return [{ place: path, text: readFileSync(path, 'utf8') }];
  } catch {
    return [];
  }
}
