import { type Command, Option } from 'commander';
import { findGroup } from '../groups.js';
import type { Home } from '../home/home.js';
import { isServed } from '../home/serving.js';
import type { Group } from '../home/state.js';
import type { Link } from '../temporal/link.js';
import type { TaskOptions } from '../temporal/tasks.js';
import type { WaitOptions } from '../wait.js';
import { parseDuration } from './arguments.js';
import type { Invocation } from './invocation.js';

/** Options of every command that sends a task. */
export interface TaskRunOptions {
  readonly group?: string;
  readonly timeout: number;
  readonly validity?: number;
  readonly requestId?: string;
  readonly unsigned?: boolean;
}

/** What a command that sends a task works with. */
export interface TaskRun {
  readonly home: Home;
  readonly group: Group;
  readonly link: Link;
  /** For the task itself. */
  readonly task: TaskOptions;
  /** For waiting for its results. */
  readonly wait: WaitOptions;
}

/** Adds the options of {@link TaskRunOptions} to a command. */
export function withTaskOptions(command: Command, defaultTimeout = '1m'): Command {
  return command
    .option('-g, --group <id or name>', 'runner group; may be left out when there is one')
    .addOption(
      new Option('--timeout <duration>', 'how long to wait for a runner')
        .default(parseDuration(defaultTimeout), defaultTimeout)
        .argParser(parseDuration),
    )
    .option('--validity <duration>', 'how long a runner may accept the task, up to 5m (default: 2m)', parseDuration)
    .option('--request-id <id>', 'id of the request (default: a fresh one)')
    .option('--unsigned', 'send the task without a signature');
}

/**
 * Connects, and takes results in while the work runs, unless another process of this home does so.
 * Two at once do no harm: results are stored once.
 */
export async function runTask<T>(invocation: Invocation, options: TaskRunOptions, work: (run: TaskRun) => Promise<T>): Promise<T> {
  const home = await invocation.openHome();
  const group = await findGroup(home, options.group);
  const [{ openLink }, linkOptions] = [await import('../temporal/link.js'), await invocation.linkOptions()];
  invocation.progress(`connecting to ${home.settings.address}`);
  const link = await openLink(home, linkOptions);
  try {
    const server = (await isServed(home)) ? undefined : await serve(home, linkOptions);
    try {
      return await work({ home, group, link, task: taskOptions(options), wait: waitOptions(invocation, options, group) });
    } finally {
      await server?.stop();
    }
  } finally {
    await link.close();
    invocation.clearProgress();
  }
}

async function serve(home: Home, linkOptions: Parameters<typeof import('../temporal/link.js').openLink>[1]) {
  const { serveResults } = await import('../temporal/results-server.js');
  return serveResults(home, linkOptions);
}

function taskOptions({ validity, requestId, unsigned }: TaskRunOptions): TaskOptions {
  return { validitySeconds: validity, requestId, ...(unsigned === true ? { signed: false } : {}) };
}

function waitOptions(invocation: Invocation, { timeout }: TaskRunOptions, group: Group): WaitOptions {
  invocation.progress(`waiting for a runner of group ${group.name}`);
  return {
    timeoutMs: timeout * 1000,
    signal: invocation.shell.signal,
    onResult: ({ stage }) => invocation.progress(`${stage} …`),
  };
}
