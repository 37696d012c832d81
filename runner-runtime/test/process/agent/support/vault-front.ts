import { Agent, createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** How Secrets Manager behaves towards the agent. `flapping`: every other request is lost. `hanging`: none is answered before `release`. */
export type VaultState = 'ok' | 'slow' | 'throttling' | 'down' | 'flapping' | 'denied' | 'hanging';

const SLOW_MS = 150;

/** Stands between an agent and the emulator: passes requests on, or fails as AWS and the network do. */
export class VaultFront {
  state: VaultState = 'ok';
  /** What a refusal says; words of a vault must not get any further. */
  words = 'not authorized to perform this operation';
  #received = 0;
  #held: (() => void)[] = [];
  #hung: (() => void)[] = [];
  readonly #onward = new Agent({ keepAlive: true });

  private constructor(
    private readonly server: Server,
    private readonly emulator: string,
  ) {}

  /** @param emulator its endpoint */
  static async open(emulator: string): Promise<VaultFront> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const front = new VaultFront(server, emulator);
    server.on('request', (incoming, answer) => void front.#take(incoming, answer));
    return front;
  }

  get endpoint(): string {
    const { port } = this.server.address() as AddressInfo; // It listens on a port.
    return `http://127.0.0.1:${port}`;
  }

  /** Resolves when a request hangs. */
  async hangs(): Promise<void> {
    if (this.#held.length === 0) await new Promise<void>((resolve) => this.#hung.push(resolve));
  }

  /** Passes on what hangs, and all that comes. */
  release(): void {
    this.state = 'ok';
    for (const go of this.#held.splice(0)) go();
  }

  close(): void {
    this.release();
    this.server.close();
    this.server.closeAllConnections();
    this.#onward.destroy();
  }

  async #take(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    this.#received += 1;
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer); // A request has no encoding.
    if (this.state === 'down' || (this.state === 'flapping' && this.#received % 2 === 0)) incoming.socket.resetAndDestroy();
    else if (this.state === 'throttling') refuse(answer, 'ThrottlingException', 'Rate exceeded');
    else if (this.state === 'denied') refuse(answer, 'AccessDeniedException', this.words);
    else {
      if (this.state === 'slow') await pause(SLOW_MS);
      if (this.state === 'hanging') await this.#hold();
      this.#passOn(incoming, Buffer.concat(chunks), answer);
    }
  }

  #hold(): Promise<void> {
    return new Promise((resolve) => {
      this.#held.push(resolve);
      for (const told of this.#hung.splice(0)) told();
    });
  }

  #passOn({ method, url = '/', headers }: IncomingMessage, body: Buffer, answer: ServerResponse): void {
    request(new URL(url, this.emulator), { method, headers, agent: this.#onward }, (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(answer);
    })
      .on('error', () => answer.destroy())
      .end(body);
  }
}

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/CommonErrors.html */
function refuse(answer: ServerResponse, __type: string, message: string): void {
  answer.writeHead(400, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify({ __type, message }));
}
