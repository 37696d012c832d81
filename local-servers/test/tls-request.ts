import { readFileSync } from 'node:fs';
import { connect } from 'node:http2';
import type { TlsFront } from '../src/index.js';

/** Calls the gRPC health service through a TLS front and resolves with the HTTP status. */
export function tlsRequest(front: TlsFront, client: { trust: boolean; identify?: boolean }): Promise<string> {
  return new Promise((resolve, reject) => {
    const session = connect(`https://${front.address}`, {
      ...(client.trust && { ca: readFileSync(front.caFile) }),
      ...(client.identify && { cert: readFileSync(front.clientCertFile), key: readFileSync(front.clientKeyFile) }),
    });
    session.on('error', reject).on('close', () => reject(new Error('the connection was closed')));
    const call = session.request({
      ':method': 'POST',
      ':path': '/grpc.health.v1.Health/Check',
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    call.on('error', reject).on('response', (headers) => {
      resolve(String(headers[':status']));
      session.destroy();
    });
    call.resume();
    call.end(Buffer.alloc(5));
  });
}
