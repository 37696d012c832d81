import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { hostAndPort } from '../../../config/address.js';
import { type NetworkSettings, SettingsError } from '../../../config/settings.js';
import type { Logger } from '../../../operations/logger.js';
import { httpsAgent } from '../../../operations/network.js';
import { PrivateFileError, readPrivateFile } from '../../../operations/private-file.js';
import { openNetwork } from '../../../operations/transport.js';
import type { AuditSink } from './audit-sink.js';
import { cloudWatchSink } from './cloudwatch.js';
import { type SyslogTrust, syslogSink } from './syslog.js';
import { webhookSink } from './webhook.js';

/** A sink by the names of the agent's configuration. */
export type SinkOptions = CloudWatchSinkOptions | SyslogSinkOptions | WebhookSinkOptions;

interface CloudWatchSinkOptions {
  readonly type: 'cloudwatch';
  readonly log_group: string;
  /** @default the name of this host */
  readonly log_stream?: string | undefined;
  /** @default as the SDK finds it */
  readonly region?: string | undefined;
}

interface SyslogSinkOptions {
  readonly type: 'syslog';
  /** `host:port` */
  readonly address: string;
  /** PEM file of the only authority that is trusted. */
  readonly ca?: string | undefined;
  /** PEM files of the client certificate and its private key. */
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
}

interface WebhookSinkOptions {
  readonly type: 'webhook';
  readonly url: string;
  /** Private file with a bearer token. */
  readonly token_file?: string | undefined;
  /** PEM file of the only authority that is trusted. */
  readonly ca?: string | undefined;
}

/**
 * Makes the sinks of a configuration. Nothing is connected yet: a sink that is away does not hinder a start.
 * @throws {SettingsError} for files that cannot be read
 */
export async function openAuditSinks(sinks: readonly SinkOptions[], network: NetworkSettings, log: Logger): Promise<AuditSink[]> {
  return Promise.all(sinks.map((sink, index) => openSink(sink, `audit.sinks.${index}`, network, log)));
}

async function openSink(sink: SinkOptions, place: string, network: NetworkSettings, log: Logger): Promise<AuditSink> {
  if (sink.type === 'cloudwatch') return cloudWatch(sink, network, log);
  if (sink.type === 'syslog') return syslog(sink, place, network);
  return webhook(sink, place, network);
}

function cloudWatch({ log_group, log_stream, region }: CloudWatchSinkOptions, network: NetworkSettings, log: Logger): AuditSink {
  return cloudWatchSink({
    logGroup: log_group,
    // A stream's name has no colon and no asterisk.
    logStream: log_stream ?? hostname().replace(/[:*]/g, '-'),
    log,
    open: async () => {
      const sdk = await import('@aws-sdk/client-cloudwatch-logs');
      const client = new sdk.CloudWatchLogsClient({
        ...(region === undefined ? {} : { region }),
        requestHandler: new NodeHttpHandler({ httpsAgent: httpsAgent(network), connectionTimeout: 5_000, requestTimeout: 15_000 }),
        maxAttempts: 2,
      });
      return { sdk, client };
    },
  });
}

async function syslog(sink: SyslogSinkOptions, place: string, network: NetworkSettings): Promise<AuditSink> {
  const address = hostAndPort(sink.address);
  if (address === undefined)
    throw new SettingsError([{ variable: `${place}.address`, found: `is "${sink.address}"`, mend: 'Write host:port.' }]);
  const readTrust = async (): Promise<SyslogTrust> => ({
    ca: sink.ca === undefined ? openNetwork(network).cas : [await readPem(`${place}.ca`, sink.ca)],
    certificate: sink.certificate === undefined ? undefined : await readPem(`${place}.certificate`, sink.certificate),
    key: sink.key === undefined ? undefined : await readPrivate(`${place}.key`, sink.key),
  });
  await readTrust();
  return syslogSink({ ...address, readTrust });
}

async function webhook({ url, token_file, ca }: WebhookSinkOptions, place: string, network: NetworkSettings): Promise<AuditSink> {
  const ways = openNetwork(network);
  const fetch = ca === undefined ? ways.fetch : ways.fetchTrusting(await readPem(`${place}.ca`, ca));
  if (token_file === undefined) return webhookSink({ url, fetch });
  const readToken = async () => (await readPrivate(`${place}.token_file`, token_file)).trim();
  await readToken();
  return webhookSink({ url, fetch, readToken });
}

async function readPem(variable: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const found = `${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`;
    throw new SettingsError([{ variable, found, mend: 'Let the user of the agent read it, or name another.' }]);
  }
}

async function readPrivate(variable: string, path: string): Promise<string> {
  try {
    return await readPrivateFile(path);
  } catch (error) {
    if (!(error instanceof PrivateFileError)) throw error;
    throw new SettingsError([{ variable, found: `${path} is refused (${error.reason})`, mend: error.mend }]);
  }
}
