import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';

/** An example client as a process: it logs in for each line that it gets, and answers with one. */
export class RunningClient {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  readonly #exited: Promise<number | null>;
  #output = '';
  #errors = '';

  constructor(command: readonly string[], environment: Readonly<Record<string, string>>) {
    const [program = '', ...args] = command;
    this.#child = spawn(program, args, { env: { ...environment } });
    this.#exited = new Promise((resolve) => this.#child.once('close', resolve));
    const answers: Interface = createInterface({ input: this.#child.stdout });
    this.#lines = answers[Symbol.asyncIterator]();
    for (const stream of [this.#child.stdout, this.#child.stderr]) stream.setEncoding('utf8');
    this.#child.stdout.on('data', (text: string) => {
      this.#output += text;
    });
    this.#child.stderr.on('data', (text: string) => {
      this.#errors += text;
    });
    // It may have ended before it read its line.
    this.#child.stdin.on('error', () => undefined);
  }

  /** Lets it log in. @returns what it says, or `undefined` when it has ended instead */
  async logIn(): Promise<string | undefined> {
    this.#child.stdin.write('\n');
    const { value, done } = await this.#lines.next();
    return done === true ? undefined : value;
  }

  /** Lets it end, as it does when there is nothing more to read. @returns its exit code */
  end(): Promise<number | null> {
    this.#child.stdin.end();
    return this.#exited;
  }

  /** Ends it whatever it does: a client that a failed test has left must not outlive it. */
  kill(): Promise<number | null> {
    this.#child.kill('SIGKILL');
    return this.#exited;
  }

  get stderr(): string {
    return this.#errors;
  }

  /** All that it wrote. */
  get output(): string {
    return this.#output + this.#errors;
  }
}
