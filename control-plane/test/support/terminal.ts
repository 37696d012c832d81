import { runAxiomctl } from '../../src/cli/program.js';

/** What a run of `axiomctl` left behind. */
export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Choices for one run. */
export interface TerminalOptions {
  readonly env?: Record<string, string>;
  readonly isTerminal?: boolean;
  readonly signal?: AbortSignal;
  /** Sees standard output as it is written. */
  readonly onOut?: (text: string) => void;
  /** Sees standard error as it is written. */
  readonly onErr?: (text: string) => void;
}

/** Runs `axiomctl` in this process, with an environment of its own. */
export async function axiomctl(argv: readonly string[], options: TerminalOptions = {}): Promise<Outcome> {
  const { env = {}, isTerminal = false, signal = new AbortController().signal, onOut, onErr } = options;
  let out = '';
  let err = '';
  const code = await runAxiomctl(argv, {
    env,
    isTerminal,
    signal,
    out: (text) => {
      out += text;
      onOut?.(text);
    },
    err: (text) => {
      err += text;
      onErr?.(text);
    },
  });
  return { code, out, err };
}
