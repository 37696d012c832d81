import { spawn } from 'node:child_process';

/** Where to listen. */
export type Listening = { readonly path: string } | { readonly host: string; readonly port: number };

/** A program that was started with a listening socket. */
export interface Started {
  /** Resolves when connections are taken, whether the program is up or not. */
  readonly isListening: Promise<void>;
  readonly exited: Promise<number | null>;
  /** Everything it wrote. */
  output(): string;
  /** SIGTERM. @returns its exit code */
  stop(): Promise<number | null>;
  kill(): void;
}

/** What systemd does: listens, and becomes the program with the socket as its descriptor 3. Node hands no listening socket on. */
const LAUNCHER = `
import os, socket, sys
where, command = sys.argv[1], sys.argv[2:]
if where.startswith('/'):
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(where)
else:
    host, port = where.rsplit(':', 1)
    listening = socket.socket()
    listening.bind((host, int(port)))
listening.listen()
os.dup2(listening.fileno(), 3)
os.set_inheritable(3, True)
print('listening', flush=True)
os.environ.update(LISTEN_FDS='1', LISTEN_PID=str(os.getpid()))
os.execvp(command[0], command)
`;

/** Listens, and starts a program that takes the socket over: https://www.freedesktop.org/software/systemd/man/latest/sd_listen_fds.html */
export function listenAndStart(where: Listening, command: readonly string[], environment: Readonly<Record<string, string>>): Started {
  return start('python3', ['-c', LAUNCHER, placeOf(where), ...command], environment);
}

/** The same by systemd's own tool, which starts the program at the first connection and gives it no environment but what it is told. */
export function systemdSocketActivate(
  where: Listening,
  command: readonly string[],
  environment: Readonly<Record<string, string>>,
): Started {
  const variables = Object.entries(environment).flatMap(([name, value]) => ['-E', `${name}=${value}`]);
  return start('systemd-socket-activate', ['-l', placeOf(where), ...variables, ...command], {});
}

function placeOf(where: Listening): string {
  return 'path' in where ? where.path : `${where.host}:${where.port}`;
}

function start(program: string, args: readonly string[], environment: Readonly<Record<string, string>>): Started {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(program, args, { env: { PATH, HOME, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const isListening = new Promise<void>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        if (/^listening/i.test(output)) resolve();
      });
    }
  });
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve));
  return {
    isListening,
    exited,
    output: () => output,
    stop: () => {
      child.kill('SIGTERM');
      return exited;
    },
    kill: () => void child.kill('SIGKILL'),
  };
}
