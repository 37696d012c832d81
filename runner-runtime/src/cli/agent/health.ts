import { get } from 'node:http';
import { get as getTls } from 'node:https';
import { AGENT_HEALTH_PATH } from '../../../../contract/agent.js';
import { EXIT_FAILED, EXIT_OK, EXIT_UNAVAILABLE } from '../../../../contract/exit-codes.js';
import type { AgentSettings } from '../../agent/config/agent-settings.js';
import { readAgentConfig } from '../../agent/config/read-agent-config.js';
import { hostAndPort } from '../../config/address.js';
import type { Terminal } from '../terminal.js';

/** What the agent of this host says of itself. */
export type AgentHealth = { readonly state: 'ok' } | { readonly state: 'failing' | 'unreachable'; readonly why: string };

const TIMEOUT_MS = 2_000;
/** https://www.rfc-editor.org/rfc/rfc8446#section-6.2: certificate_required */
const CERTIFICATE_REQUIRED = 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED';

/** The command `agent health`: made for exec probes. */
export async function agentHealth({ config }: { readonly config?: string }, terminal: Terminal): Promise<number> {
  const health = await askHealth(await readAgentConfig(config));
  terminal.out(`${JSON.stringify(health)}\n`);
  if (health.state === 'ok') return EXIT_OK;
  return health.state === 'failing' ? EXIT_FAILED : EXIT_UNAVAILABLE;
}

/** Asks the agent where its configuration makes it listen. */
export async function askHealth({ listen }: Pick<AgentSettings, 'listen'>): Promise<AgentHealth> {
  const wantsCertificate = listen.tls?.client_ca !== undefined;
  // This command has no client certificate: the socket needs none.
  const bySocket = listen.address === 'off' || (wantsCertificate && listen.socket !== undefined);
  const address = bySocket ? undefined : hostAndPort(listen.address);
  const where =
    address === undefined
      ? { socketPath: listen.socket?.path }
      : { host: address.host === '0.0.0.0' || address.host === '::' ? 'localhost' : address.host, port: address.port };
  const shown = address === undefined ? (listen.socket?.path ?? '') : listen.address;
  return new Promise((resolve) => {
    const unreachable = (why: string) => resolve({ state: 'unreachable', why: `no agent answers at ${shown} (${why})` });
    // Over TLS only the process is of interest here, not who vouches for it: nothing secret is sent.
    const options = {
      ...where,
      path: AGENT_HEALTH_PATH,
      headers: { host: 'localhost' },
      timeout: TIMEOUT_MS,
      agent: false,
      rejectUnauthorized: false,
    };
    const ask = listen.tls === undefined || address === undefined ? get : getTls;
    const request = ask(options, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        if (body.length < 1_000) body += chunk;
      });
      response.on('error', () => unreachable('the answer broke off'));
      response.on('end', () => resolve(response.statusCode === 200 ? { state: 'ok' } : { state: 'failing', why: problemIn(body) }));
    });
    request.on('timeout', () => request.destroy(Object.assign(new Error('time-out'), { code: 'time-out' })));
    request.on('error', ({ code }: NodeJS.ErrnoException) => {
      // It is there and keeps out whom it shall keep out; how it is, only the socket tells.
      if (wantsCertificate && code === CERTIFICATE_REQUIRED) resolve({ state: 'ok' });
      else unreachable(code ?? 'unknown');
    });
  });
}

function problemIn(body: string): string {
  return /"problem":"([A-Z_]+)"/.exec(body)?.[1] ?? 'it answers with something else';
}
