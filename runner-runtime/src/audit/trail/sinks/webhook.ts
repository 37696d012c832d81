import { createHash } from 'node:crypto';
import type { Fetch } from '../../../operations/transport.js';
import { linkOf } from '../record-line.js';
import { type AuditSink, SinkError } from './audit-sink.js';

export interface WebhookOptions {
  readonly url: string;
  readonly fetch: Fetch;
  /** Reads the bearer token; absent: none is sent. Read at the first delivery, and again after a 401. */
  readonly readToken?: (() => Promise<string>) | undefined;
}

/**
 * Posts records as `application/x-ndjson`: one JSON object a line. 2xx says that all of them were received; anything else, that none was.
 * `Idempotency-Key` is the same for the same records, and `Axiom-Audit-Records` tells their first and last id.
 */
export function webhookSink({ url, fetch, readToken }: WebhookOptions): AuditSink {
  const { host } = new URL(url);
  let token: string | undefined;

  const post = async (records: readonly string[], signal: AbortSignal): Promise<Response> => {
    token ??= await readToken?.();
    const [first, last] = [linkOf(records[0] ?? ''), linkOf(records.at(-1) ?? '')];
    const ids = `${first?.id ?? 0}-${last?.id ?? 0}`;
    const answer = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-ndjson',
        'idempotency-key': `${ids}-${last?.hash.slice(0, 32) ?? ''}`,
        'axiom-audit-records': ids,
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      body: `${records.join('\n')}\n`,
      signal,
    });
    await answer.body?.cancel();
    return answer;
  };

  const send = async (records: readonly string[], signal: AbortSignal): Promise<void> => {
    let answer = await post(records, signal);
    if (answer.status === 401 && readToken !== undefined) {
      token = undefined;
      answer = await post(records, signal);
    }
    if (answer.ok) return;
    if (answer.status === 413 && records.length > 1) {
      const half = Math.ceil(records.length / 2);
      await send(records.slice(0, half), signal);
      await send(records.slice(half), signal);
      return;
    }
    throw new SinkError(`HTTP_${answer.status}`, `the webhook answered ${answer.status}`, retryAfterMs(answer));
  };
  return { name: `webhook:${host}#${digestOf(url)}`, send, close: () => undefined };
}

/** Tells addresses of one host apart: a path or query may be all that a webhook asks of who posts to it. */
function digestOf(url: string): string {
  return createHash('sha256').update(url).digest('hex').slice(0, 8);
}

/** Seconds or a date: https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3 */
function retryAfterMs({ headers }: Response): number | undefined {
  const text = headers.get('retry-after');
  if (text === null) return undefined;
  const ms = /^\d{1,6}$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - Date.now();
  return ms > 0 ? ms : undefined;
}
