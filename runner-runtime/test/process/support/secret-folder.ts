import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder that a runner with the store engine `file` reads. */
export class SecretFolder {
  constructor(readonly path: string) {
    mkdirSync(path, { recursive: true });
  }

  /** Writes a secret; objects as JSON. @param mode of the file */
  put(name: string, content: string | object, mode = 0o600): void {
    const path = this.#file(name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content), { mode });
    chmodSync(path, mode);
  }

  remove(name: string): void {
    rmSync(this.#file(name), { force: true });
  }

  #file(name: string): string {
    return join(this.path, `${name}.json`);
  }
}
