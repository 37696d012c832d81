import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { AGENT_ENVIRONMENT, DEFAULT_AGENT_ADDRESS, DEFAULT_AGENT_SOCKET } from '../../../../contract/agent.js';
import { EXIT_CONFIG, EXIT_USAGE } from '../../../../contract/exit-codes.js';
import { isLoopback } from '../../config/address.js';
import { Failure, plain } from './failure.js';

/** Where an agent is asked. */
export type AgentAddress =
  | { readonly over: 'socket'; readonly path: string }
  | { readonly over: 'http' | 'https'; readonly host: string; readonly port: number };

/**
 * The address to ask: what was named, else the default socket where there is one that this user may open, else the default port.
 * @throws {Failure} for an address that is none, or that would send the token unencrypted through a network
 */
export async function agentAddress(
  named: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
  defaultSocket = DEFAULT_AGENT_SOCKET,
): Promise<AgentAddress> {
  if (named !== undefined) return parseAddress(named, '--address', EXIT_USAGE);
  const ofEnvironment = environment[AGENT_ENVIRONMENT.address];
  if (ofEnvironment !== undefined && ofEnvironment !== '') return parseAddress(ofEnvironment, AGENT_ENVIRONMENT.address, EXIT_CONFIG);
  const mayOpen = await access(defaultSocket, constants.W_OK).then(
    () => true,
    () => false,
  );
  // Not the port after it: while the agent is down, whoever listens there would be given the token.
  return mayOpen ? { over: 'socket', path: defaultSocket } : parseAddress(`http://${DEFAULT_AGENT_ADDRESS}`, 'the default', EXIT_CONFIG);
}

/** An address as people read it. */
export function shownAddress(address: AgentAddress): string {
  if (address.over === 'socket') return address.path;
  return `${address.over}://${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
}

function parseAddress(text: string, source: string, exitCode: number): AgentAddress {
  if (isAbsolute(text) && !text.includes('\0')) return { over: 'socket', path: text };
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain =
    url !== undefined && url.pathname === '/' && url.search === '' && url.hash === '' && url.username === '' && url.password === '';
  if (!isPlain || (url.protocol !== 'http:' && url.protocol !== 'https:') || url.hostname === '') {
    throw new Failure(
      exitCode,
      `${source} is no address of an agent`,
      'Write http://localhost:8787, https://host:port, or the path of its socket.',
    );
  }
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  if (url.protocol === 'http:') {
    if (!isLoopback(host)) {
      throw new Failure(
        exitCode,
        `${source} is http://${plain(url.host)}: token and secret would cross a network unencrypted`,
        'Write https://, or ask the agent of this host.',
      );
    }
    return { over: 'http', host, port: Number(url.port || 80) };
  }
  return { over: 'https', host, port: Number(url.port || 443) };
}
