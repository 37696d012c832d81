import { z } from 'zod';
import { list, path, text, url, wholeNumber } from './setting-kinds.js';

const sinkSchema = z.discriminatedUnion(
  'type',
  [
    z.strictObject({
      type: z.literal('cloudwatch').describe('Amazon CloudWatch Logs.'),
      log_group: text('the name of a log group').describe('Log group.'),
      log_stream: text('the name of a log stream').optional().describe("Log stream. Absent: the host's name."),
      region: text('the name of a region').optional().describe('Region of the group. Absent: as the AWS SDK finds it.'),
    }),
    z.strictObject({
      type: z.literal('syslog').describe('Syslog over TLS (RFC 5424 in frames of RFC 5425).'),
      address: text('host:port').describe('The server; 6514 is the usual port.'),
      ca: path.optional().describe('PEM file of the only authority that vouches for the server.'),
      certificate: path.optional().describe('PEM file of a client certificate; with `key`.'),
      key: path.optional().describe('PEM file of its key, a private file.'),
    }),
    z.strictObject({
      type: z.literal('webhook').describe('HTTP POST of lines of JSON.'),
      url: url(['https:', 'http:'], 'an https:// address').describe('Where to. `http://` is for a server on this host only.'),
      token_file: path.optional().describe('Private file with a bearer token.'),
      ca: path.optional().describe('PEM file of the only authority that vouches for the server.'),
    }),
  ],
  { error: 'cloudwatch, syslog or webhook' },
);

export const auditSchema = z.strictObject({
  max_bytes: wholeNumber(1_048_576, 1_099_511_627_776, 'bytes').default(268_435_456).describe('Bytes of all files of the trail, together.'),
  file_bytes: wholeNumber(65_536, 1_073_741_824, 'bytes').default(16_777_216).describe('Bytes of one file, at most half of `max_bytes`.'),
  sinks: list(sinkSchema, 'a list').default([]).describe('Where records are sent.'),
});

export type SinkSettings = z.output<typeof sinkSchema>;
