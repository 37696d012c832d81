import { type FSWatcher, watch } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';

const POLL_MS = 1_000;

/**
 * Calls back when a file was replaced, changed, made or removed: within a second, and mostly at once. Looking at the file's own state each
 * second is what counts; notices of the file system, which get lost on network and overlay folders, only hurry it.
 */
export class FileWatch {
  private seen: string | undefined;
  private checking: Promise<void> | undefined;
  private readonly timer: NodeJS.Timeout;
  private notices: FSWatcher | undefined;

  /** @param changed takes the new state and says whether it could; otherwise it is called again */
  constructor(
    private readonly path: string,
    private readonly changed: () => Promise<boolean>,
  ) {
    this.timer = setInterval(this.hint, POLL_MS).unref();
    this.listen();
  }

  /** Looks now. Resolves when a change that was there before the call has been taken. */
  async check(): Promise<void> {
    // A look that is under way may have begun before the change.
    while (this.checking !== undefined) await this.checking;
    this.checking = this.look().finally(() => {
      this.checking = undefined;
    });
    await this.checking;
  }

  /** Stops looking; nothing is called back any more when this resolves. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    this.notices?.close();
    await this.checking;
  }

  /** A look that takes longer than a second is not joined by more of them: the next second looks again. */
  private readonly hint = (): void => {
    if (this.checking === undefined) void this.check();
  };

  private async look(): Promise<void> {
    // Before it is read: a change in between is seen the next time.
    const now = await stateOf(this.path);
    if (now !== this.seen && (await this.changed())) this.seen = now;
  }

  private listen(): void {
    try {
      // The folder, because the file is replaced as a whole.
      this.notices = watch(dirname(this.path), { persistent: false }, (_, name) => {
        if (name === null || name === basename(this.path)) this.hint();
      });
      this.notices.on('error', () => this.notices?.close());
    } catch {
      // No such folder yet, or no more notices to be had: the timer does.
    }
  }
}

async function stateOf(path: string): Promise<string> {
  try {
    const { ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return `${ino} ${size} ${mtimeNs} ${ctimeNs}`;
  } catch (error) {
    return `none: ${(error as NodeJS.ErrnoException).code}`;
  }
}
