import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

/** A call and its answer; an empty body is an empty text. */
export interface RecordedCall {
  /** As the conformance checker calls it. */
  readonly vendor: string;
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly status: number;
  readonly responseBody: string;
}

/** Whether calls are to be recorded: `RECORD_HTTP=<folder>`. */
export function isRecording(): boolean {
  return (process.env['RECORD_HTTP'] ?? '') !== '';
}

/** Adds a line to the vendor's file in the folder of `RECORD_HTTP`, where there is one. */
export function recordCall({ vendor, url, body, responseBody, ...call }: RecordedCall): void {
  const folder = process.env['RECORD_HTTP'] ?? '';
  if (folder === '') return;
  mkdirSync(folder, { recursive: true });
  const line = { vendor, ...call, url: url.href, body: body || null, responseBody: responseBody || null };
  appendFileSync(join(folder, `${vendor}-${process.pid}.jsonl`), `${JSON.stringify(line)}\n`);
}
