import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';

/** What goes with a request, and whom to trust. */
export interface StatusRequest {
  readonly headers?: Readonly<Record<string, string>>;
  /** The authority to trust. @default those that Node trusts */
  readonly ca?: Buffer | undefined;
}

/** Sends a request without a body and resolves with the status of the answer; 0 when there is none within 10 s. */
export function httpStatus(method: 'GET' | 'POST', url: string, { headers, ca }: StatusRequest = {}): Promise<number> {
  return new Promise((resolve) => {
    const request = url.startsWith('https:') ? requestHttps : requestHttp;
    const call = request(url, { method, agent: false, timeout: 10_000, ...(headers && { headers }), ...(ca && { ca }) }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0));
    });
    call.on('timeout', () => call.destroy());
    call.on('error', () => resolve(0)).end();
  });
}
