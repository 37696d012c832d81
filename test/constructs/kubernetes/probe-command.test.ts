import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ALIVE_COMMAND } from '../../../contract/kubernetes';

/** How the command ends with this health address. */
function exitCode(address: string): Promise<number> {
  const [program = '', ...args] = ALIVE_COMMAND;
  return new Promise((resolve) => {
    execFile(program, args, { env: { ...process.env, RUNNER_HEALTH_ADDRESS: address } }, (error) => resolve(Number(error?.code ?? 0)));
  });
}

it.each([
  [0, 'answers', 200],
  [1, 'answers with an error', 500],
])(
  'the liveness command ends with %i while /healthz %s',
  async (code, _, status) => {
    const asked: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url);
      response.writeHead(status).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    expect([await exitCode(`127.0.0.1:${port}`), asked]).toEqual([code, ['/healthz']]);
    await new Promise((resolve) => server.close(resolve));
    expect(await exitCode(`127.0.0.1:${port}`)).toBe(1);
  },
  30_000,
);
