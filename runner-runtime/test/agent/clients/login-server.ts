import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { USERNAME } from '../../process/agent/support/agent-host.js';

/** A web server that lets in one user (HTTP Basic) and counts the others. */
export class LoginServer {
  /** What the user's password is now. */
  password = '';
  accepted = 0;
  refused = 0;

  private constructor(private readonly server: Server) {}

  static async open(): Promise<LoginServer> {
    const server = createServer();
    const login = new LoginServer(server);
    server.on('request', ({ headers }, response) => {
      const [scheme, credentials = ''] = (headers.authorization ?? '').split(' ');
      const isUser = scheme === 'Basic' && Buffer.from(credentials, 'base64').toString() === `${USERNAME}:${login.password}`;
      if (isUser) login.accepted += 1;
      else login.refused += 1;
      response.writeHead(isUser ? 200 : 401).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return login;
  }

  get url(): string {
    const { port } = this.server.address() as AddressInfo; // It listens on a port.
    return `http://127.0.0.1:${port}/`;
  }

  /** Begins to count anew. @param password of the user from now on */
  expect(password: string): void {
    this.password = password;
    this.accepted = 0;
    this.refused = 0;
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}
